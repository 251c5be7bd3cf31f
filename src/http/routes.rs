//! The routes of a router, and what the attributes of their handlers declare. Declarations are large, so they are
//! read where somebody asks: those of a path with its first request, all of them for the OpenAPI document.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter};
use utoipa::openapi::OpenApi;
use utoipa_axum::PathItemExt;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::Dialect;
use super::operation::{Operation, operations};
use super::spelling::{Spelling, spellings};

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
pub struct Route<D> {
    path: String,
    handlers: MethodRouter<D>,
    declared: fn() -> UtoipaMethodRouter<D>,
}

impl<D: Clone + Send + Sync + 'static> Route<D> {
    /// A path without handlers, and where to read of those it will have.
    pub fn declared_by(declared: fn() -> UtoipaMethodRouter<D>) -> Self {
        Self {
            path: String::new(),
            handlers: MethodRouter::new(),
            declared,
        }
    }

    /// The same with a handler, whose attribute says path and methods.
    #[must_use]
    pub fn on<P: utoipa::Path, H: Handler<T, D>, T: 'static>(mut self, handler: H) -> Self {
        self.path = P::path();
        let methods = P::methods();
        let filters = methods.iter().map(PathItemExt::to_method_filter);
        if let Some(filter) = filters.reduce(MethodFilter::or) {
            self.handlers = self.handlers.on(filter, handler);
        }
        self
    }
}

/// The routes of a router.
pub struct Routes<D> {
    router: Router<D>,
    paths: BTreeMap<String, Declared<D>>,
}

/// What is declared at a path, read when it is asked for first.
struct Declared<D> {
    source: fn() -> UtoipaMethodRouter<D>,
    operations: OnceLock<Vec<Operation>>,
    spellings: OnceLock<Vec<(Method, Spelling)>>,
}

impl<D: Dialect> Default for Routes<D> {
    fn default() -> Self {
        Self::new()
    }
}

impl<D: Dialect> Declared<D> {
    fn operations(&self) -> &[Operation] {
        let read = || operations(&document::<D>([self.source]));
        self.operations.get_or_init(read)
    }

    fn spellings(&self) -> &[(Method, Spelling)] {
        let read = || spellings(&document::<D>([self.source]));
        self.spellings.get_or_init(read)
    }
}

/// What attributes declare, and what a gate adds.
fn document<D: Dialect>(
    sources: impl IntoIterator<Item = fn() -> UtoipaMethodRouter<D>>,
) -> OpenApi {
    let declared = sources.into_iter().map(|source| source());
    let (_, mut api) = declared
        .fold(OpenApiRouter::new(), OpenApiRouter::routes)
        .split_for_parts();
    D::declare(&mut api);
    api
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
        self.router = self.router.route(&route.path, route.handlers);
        let declared = Declared {
            source: route.declared,
            operations: OnceLock::new(),
            spellings: OnceLock::new(),
        };
        let known = self.paths.insert(route.path, declared);
        assert!(
            known.is_none(),
            "the handlers of a path are listed together"
        );
        self
    }

    /// The same with those of another.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.paths.extend(other.paths);
        self
    }

    /// The same with plain routes that are no operations of their own.
    #[must_use]
    pub fn and(mut self, add: impl FnOnce(Router<D>) -> Router<D>) -> Self {
        self.router = add(self.router);
        self
    }

    /// Where requests go.
    pub fn router(&self) -> &Router<D> {
        &self.router
    }

    /// All that is declared, made anew.
    #[must_use]
    pub fn api(&self) -> OpenApi {
        document(self.paths.values().map(|declared| declared.source))
    }

    /// The operations, by path and then by method as OpenAPI orders these.
    ///
    /// # Panics
    /// If an attribute does not say what all of them must.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.paths.values().flat_map(Declared::operations)
    }

    /// The operations of a path template.
    ///
    /// # Panics
    /// If an attribute does not say what all of them must.
    #[must_use]
    pub fn operations_at(&self, template: &str) -> &[Operation] {
        let declared = self.paths.get(template);
        declared.map_or(&[], Declared::operations)
    }

    /// What requests may be made of at a path template, by method.
    #[must_use]
    pub fn spellings_at(&self, template: &str) -> &[(Method, Spelling)] {
        let declared = self.paths.get(template);
        declared.map_or(&[], Declared::spellings)
    }

    /// All methods and path templates.
    pub fn paths(&self) -> impl Iterator<Item = (&Method, &str)> {
        self.paths.iter().flat_map(|(path, declared)| {
            let methods = declared.spellings().iter().map(|(method, _)| method);
            methods.map(|method| (method, path.as_str()))
        })
    }
}
