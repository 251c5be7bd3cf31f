//! The routes of a router: paths with their handlers, each behind the gate.

use std::collections::BTreeMap;

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, any};
use utoipa::openapi::OpenApi;
use utoipa_axum::PathItemExt;

use super::Dialect;
use super::middleware::guard::{Guarded, ResponseFuture, WrongMethod};
use super::operation::Operation;
use super::route_spec::{RouteSpec, Source, document};

/// The [`Route`] of handlers that have a path together, each with an attribute of its own.
macro_rules! route {
    ($($module:ident::$handler:ident),+ $(,)?) => {
        pastey::paste! {
            $crate::http::routes::Route::declared_by(|| utoipa_axum::routes!($($module::$handler),+))
                $(.on::<$module::[<__path_ $handler>], _, _>($module::$handler))+
        }
    };
}
pub(crate) use route;

/// A path with its handlers.
pub struct Route<D: 'static> {
    path: String,
    handlers: MethodRouter<D>,
    /// Answers what no other handler does.
    rest: Option<MethodRouter<D>>,
    spec: &'static RouteSpec<D>,
}

impl<D: Dialect> Route<D> {
    /// A path without handlers, and where to read of those it will have.
    #[must_use]
    pub fn declared_by(source: Source<D>) -> Self {
        Self {
            path: String::new(),
            handlers: MethodRouter::new(),
            rest: None,
            spec: RouteSpec::by(Some(source)),
        }
    }

    /// A path of which nothing is declared, and without handlers.
    #[must_use]
    pub fn undeclared(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            handlers: MethodRouter::new(),
            rest: None,
            spec: RouteSpec::by(None),
        }
    }

    /// The same with a handler, whose attribute says path and methods.
    #[must_use]
    pub fn on<P: utoipa::Path, H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, D, Future = ResponseFuture>,
        T: 'static,
    {
        self.path = P::path();
        let methods = P::methods();
        let filters = methods.iter().map(PathItemExt::to_method_filter);
        match filters.reduce(MethodFilter::or) {
            Some(filter) => self.and_on(filter, handler),
            None => self,
        }
    }

    /// The same with a handler for methods of which nothing is declared here.
    #[must_use]
    pub fn and_on<H, T>(mut self, methods: MethodFilter, handler: H) -> Self
    where
        H: Handler<T, D, Future = ResponseFuture>,
        T: 'static,
    {
        let handler = Guarded::new(handler, self.spec);
        self.handlers = self.handlers.on(methods, handler);
        self
    }

    /// The same with a handler for whatever methods have none. Its answers get no `Allow` header.
    #[must_use]
    pub fn or_else<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, D, Future = ResponseFuture>,
        T: 'static,
    {
        self.rest = Some(any(Guarded::new(handler, self.spec)));
        self
    }

    /// The same for a service that looks at the credential before it refuses a method, and sends no `Allow` header.
    #[must_use]
    pub fn or_wrong_method(self) -> Self {
        let refused = WrongMethod(self.spec);
        self.or_else(refused)
    }

    /// All its handlers. Methods that have none are refused before the credential is looked at.
    fn handlers(self) -> MethodRouter<D> {
        match self.rest {
            Some(rest) => self.handlers.merge(rest),
            None => self.handlers.fallback(Guarded::wrong_method(self.spec)),
        }
    }
}

/// The routes of a router.
pub struct Routes<D: Dialect> {
    router: Router<D>,
    paths: BTreeMap<String, &'static RouteSpec<D>>,
}

impl<D: Dialect> Default for Routes<D> {
    fn default() -> Self {
        Self::new()
    }
}

impl<D: Dialect> Routes<D> {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self {
            router: Router::new(),
            paths: BTreeMap::new(),
        }
    }

    /// The same with one more.
    ///
    /// # Panics
    /// If its path is there already.
    #[must_use]
    pub fn with(mut self, route: Route<D>) -> Self {
        let path = route.path.clone();
        let known = self.paths.insert(path.clone(), route.spec);
        assert!(
            known.is_none(),
            "the handlers of a path are listed together"
        );
        self.router = self.router.route(&path, route.handlers());
        self
    }

    /// The same with those of another.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.paths.extend(other.paths);
        self
    }

    pub fn router(&self) -> &Router<D> {
        &self.router
    }

    /// All that is declared, made anew.
    #[must_use]
    pub fn api(&self) -> OpenApi {
        let route_specs = self.paths.values();
        document(route_specs.filter_map(|spec| spec.source()))
    }

    /// The operations, by path and then by method as OpenAPI orders these.
    ///
    /// # Panics
    /// If an attribute does not say what all of them must.
    pub fn operations(&self) -> impl Iterator<Item = &'static Operation> {
        let route_specs = self.paths.values();
        route_specs.flat_map(|spec| spec.operations())
    }

    /// All methods and path templates of which anything is declared.
    pub fn paths(&self) -> impl Iterator<Item = (&Method, &str)> {
        self.paths.iter().flat_map(|(path, spec)| {
            let methods = spec.request_schemas().iter().map(|(method, _)| method);
            methods.map(move |method| (method, path.as_str()))
        })
    }
}
