//! The routes of a router: paths with their handlers, each behind the guard.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, any};

use super::Dialect;
#[cfg(test)]
use super::attributes::{Attributes, Declare, document};
use super::closest_route::closest_route;
use super::context::add_hint;
use super::matching::known::KnownOperation;
use super::middleware::guard::{Guarded, WrongMethod};
use super::middleware::instrument::instrument;
use super::operation::Operation;
use super::response::ResponseFuture;
use super::route_spec::RouteSpec;

/// The [`Route`] of a path with a handler for each method. Each handler has an attribute that says the same and more,
/// which only tests compile.
macro_rules! route {
    ($path:literal, $($method:ident($module:ident::$handler:ident)),+ $(,)?) => {{
        let route = $crate::http::routes::Route::declared($path)
            $(.and_on($crate::http::routes::method!($method), $module::$handler))+;
        #[cfg(test)]
        let route = pastey::paste! {
            route.with_attributes(|api| {
                $($crate::http::attributes::declare::<$module::[<__path_ $handler>]>(
                    api, stringify!($method), $path,
                );)+
            })
        };
        route
    }};
}
pub(crate) use route;

/// The filter for a method that has the name of the attribute's.
macro_rules! method {
    (get) => {
        axum::routing::MethodFilter::GET
    };
    (post) => {
        axum::routing::MethodFilter::POST
    };
    (put) => {
        axum::routing::MethodFilter::PUT
    };
    (patch) => {
        axum::routing::MethodFilter::PATCH
    };
    (delete) => {
        axum::routing::MethodFilter::DELETE
    };
}
pub(crate) use method;

/// A path with its handlers.
pub struct Route<D: 'static> {
    path: String,
    /// Another path with the same handlers, which no document names.
    other_path: Option<&'static str>,
    handlers: MethodRouter<D>,
    /// The handler of all other methods.
    fallback: Option<MethodRouter<D>>,
    spec: &'static RouteSpec,
    #[cfg(test)]
    attributes: Option<Attributes>,
}

impl<D: Dialect> Route<D> {
    /// Creates a route without handlers, which will have no attributes.
    pub fn new(path: &str) -> Self {
        Self::with_spec(path.to_owned(), false)
    }

    /// Creates a route without handlers, which will have attributes.
    pub fn declared(path: &str) -> Self {
        Self::with_spec(path.to_owned(), true)
    }

    fn with_spec(path: String, is_declared: bool) -> Self {
        Self {
            spec: RouteSpec::new::<D>(path.clone(), is_declared),
            path,
            other_path: None,
            handlers: MethodRouter::new(),
            fallback: None,
            #[cfg(test)]
            attributes: None,
        }
    }

    /// Adds the attributes of the handlers.
    #[cfg(test)]
    pub fn with_attributes(mut self, attributes: Attributes) -> Self {
        self.attributes = Some(attributes);
        self
    }

    /// Has another path the same handlers and operations. It is not declared.
    pub fn also_at(mut self, path: &'static str) -> Self {
        self.other_path = Some(path);
        self
    }

    /// Adds a handler for methods, which attributes declare if this route has some.
    pub fn and_on<H, T>(mut self, methods: MethodFilter, handler: H) -> Self
    where
        H: Handler<T, D, Future = ResponseFuture>,
        T: 'static,
    {
        let guarded = Guarded::new(handler, self.spec);
        self.handlers = self.handlers.on(methods, guarded);
        self
    }

    /// Adds a handler of another route, whose operations are those of the methods here too. They are not declared at this
    /// path.
    pub fn and_of<H, T>(mut self, other: &Self, methods: MethodFilter, handler: H) -> Self
    where
        H: Handler<T, D, Future = ResponseFuture>,
        T: 'static,
    {
        let guarded = Guarded::new(handler, other.spec);
        self.handlers = self.handlers.on(methods, guarded);
        self
    }

    /// Adds a handler for all other methods. Its responses get no `Allow` header.
    pub fn or_else<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, D, Future = ResponseFuture>,
        T: 'static,
    {
        self.fallback = Some(any(Guarded::new(handler, self.spec)));
        self
    }

    /// Refuses all other methods after checking the credential, and without an `Allow` header. By default they are
    /// refused before.
    pub fn or_wrong_method(self) -> Self {
        let wrong_method = WrongMethod(self.spec);
        self.or_else(wrong_method)
    }

    fn into_handlers(self) -> MethodRouter<D> {
        let wrong_method = WrongMethod(self.spec);
        match self.fallback {
            Some(fallback) => self.handlers.merge(fallback),
            // Without the guard, so without a look at the credential.
            None => {
                self.handlers
                    .fallback(async move |State(dialect): State<D>, request: Request| {
                        let recorder = Arc::clone(dialect.recorder());
                        let refuse = async |request| {
                            let mut response = wrong_method.call(request, dialect).await;
                            D::add_headers(response.headers_mut());
                            response
                        };
                        instrument(recorder, request, refuse).await
                    })
            }
        }
    }
}

/// The routes of a family, built once per process and then mounted for each world.
pub struct Routes<D: Dialect> {
    router: Router<D>,
    paths: BTreeMap<String, &'static RouteSpec>,
    #[cfg(test)]
    attributes: Vec<Attributes>,
}

impl<D: Dialect> Default for Routes<D> {
    fn default() -> Self {
        Self {
            router: Router::new(),
            paths: BTreeMap::new(),
            #[cfg(test)]
            attributes: Vec::new(),
        }
    }
}

impl<D: Dialect> Routes<D> {
    /// Adds a route.
    ///
    /// # Panics
    /// If the path has a route already.
    pub fn with(mut self, route: Route<D>) -> Self {
        let path = route.path.clone();
        let known = self.paths.insert(path.clone(), route.spec);
        assert!(
            known.is_none(),
            "the handlers of a path are listed together"
        );
        #[cfg(test)]
        self.attributes.extend(route.attributes);
        let other_path = route.other_path;
        let handlers = route.into_handlers();
        if let Some(other_path) = other_path {
            self.router = self.router.route(other_path, handlers.clone());
        }
        self.router = self.router.route(&path, handlers);
        self
    }

    /// Adds the routes of another table.
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.paths.extend(other.paths);
        #[cfg(test)]
        self.attributes.extend(other.attributes);
        self
    }

    /// The router for one world.
    pub fn mount(&self, dialect: D) -> Router {
        self.router.clone().with_state(dialect)
    }

    /// The OpenAPI document of the routes as their attributes declare it.
    #[cfg(test)]
    pub fn attributes(&self) -> serde_json::Value
    where
        D: Declare,
    {
        document::<D>(&self.attributes)
    }

    /// The operations, ordered by path and then by method as in OpenAPI.
    ///
    /// # Panics
    /// If an attribute lacks a mandatory extension.
    pub fn operations(&self) -> impl Iterator<Item = &'static Operation> {
        self.paths.values().flat_map(|spec| spec.operations())
    }

    /// The operations with the requests that each takes, in the same order.
    ///
    /// # Panics
    /// If an attribute lacks a mandatory extension.
    pub fn known_operations(&self) -> impl Iterator<Item = KnownOperation> {
        self.paths.values().flat_map(|spec| spec.known_operations())
    }

    /// Hints at the declared route that is closest to a request for an unknown path.
    pub fn hint_at_closest(&self, request: &Request) {
        let mut known: Vec<(&str, &str)> = Vec::new();
        for (path, spec) in &self.paths {
            known.extend(
                spec.methods()
                    .map(|method| (method.as_str(), path.as_str())),
            );
        }
        // Of equally close ones always the same is named.
        known.sort_unstable_by_key(|(method, path)| (*path, *method));
        let (method, path) = (request.method().as_str(), request.uri().path());
        let closest = closest_route(method, path, known.into_iter());
        if let Some((method, path)) = closest {
            add_hint(format!("did you mean {method} {path}?"));
        }
    }
}
