//! The HTTP services of the families: their routes, operations and OpenAPI descriptions.

use axum::Router;
use axum::extract::{FromRef, Request};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::families::{GatewayError, families};
use super::operations::operations;
use super::world::World;
use crate::http::closest_route::closest_route;
use crate::http::context::{add_hint, with_details};
use crate::http::evidence::error_row::ErrorRow;
use crate::http::head::MalformedHead;
use crate::http::problem::Problem;
#[cfg(test)]
use crate::http::published::PublishedApi;
use crate::http::response::ResponseFuture;
use crate::http::routes::Routes;
use crate::http::{Dialect, Operation, Rejection};
use crate::sim::scripts::FamilyWork;
use crate::world::family::{FamilyTable, Service};
use crate::world::handle::Handle;
use crate::world::settings::Settings;

/// Declares functions over all services.
macro_rules! services {
    (services: $($service:ty),+; tables: $($(#[$doc:meta])+ $field:ident: $table:ty),+;) => {
        /// The OpenAPI description of each family, for worlds with these settings.
        pub fn definitions(settings: &Settings) -> impl Iterator<Item = Value> + use<> {
            [$({
                let mut document = <$service as Dialect>::published().document();
                <$service>::follow(&mut document, settings);
                document
            }),+].into_iter()
        }

        /// The OpenAPI description of each family as its attributes declare it, with its published one.
        #[cfg(test)]
        pub fn declared() -> impl Iterator<Item = (Value, &'static PublishedApi)> {
            [$((<$service>::routes().attributes(), <$service as Dialect>::published())),+].into_iter()
        }

        /// The errors of the families and their gateway, each once.
        pub fn error_rows() -> Vec<ErrorRow> {
            let mut rows = Vec::new();
            for row in [$(<$service as Dialect>::error_rows()),+].concat() {
                if !rows.contains(&row) {
                    rows.push(row);
                }
            }
            rows
        }

        /// The control plane's operations on the resources of single families.
        pub fn control_routes<D: Dialect<Error = Problem>>() -> Routes<D>
        where
            $(Handle<<$service as Service>::Table>: FromRef<D>),+
        {
            Routes::default()$(.merge(<$service>::control_routes()))+
        }

        /// Serves a request for an unknown path that the service below whose prefix it is knows in another form.
        pub fn reroute(world: &World, request: &mut Request) -> Option<ResponseFuture> {
            $(if owns::<$service>(request) {
                return <$service>::new(world.handle()).reroute(request);
            })+
            None
        }

        /// Refuses a path that no family has: as the service below whose prefix it is, else as the gateway.
        fn refuse(world: &World, request: Request) -> Response {
            $(if owns::<$service>(&request) {
                if let Some(rejection) = Rejection::of_head(request.extensions()) {
                    return <$service as Dialect>::Error::from(rejection).into_response();
                }
                let (parts, _) = request.into_parts();
                let service = <$service>::new(world.handle());
                return service.unrouted(&parts, Rejection::NoRoute).into_response();
            })+
            let malformed = request.extensions().get::<MalformedHead>().cloned();
            malformed.map_or(GatewayError::NoRoute, GatewayError::MalformedHead).into_response()
        }

        /// The families' routers for a world.
        pub fn router(world: &World) -> Router {
            Router::new()$(.merge(<$service>::routes().mount(<$service>::new(world.handle()))))+
        }

        /// The work that the families do.
        pub(super) fn family_works() -> Vec<&'static FamilyWork> {
            [$(<$table>::WORKS),+].into_iter().flatten().collect()
        }
    };
}
families!(services);

/// Returns true for a path below a prefix of a service.
fn owns<S: Service>(request: &Request) -> bool {
    let path = request.uri().path();
    S::PREFIXES.iter().any(|prefix| {
        let rest = path.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The hint for a path that resembles none.
const NO_PATH: &str = "GET /_emulator/v1/operations lists all paths";

/// Refuses a path that no family has, with a hint at the closest path.
pub fn unrouted(world: &World, request: Request) -> Response {
    let path = request.uri().path();
    let known = operations().map(Operation::route);
    if request.extensions().get::<MalformedHead>().is_some() {
        // The path may be cut, so no other is close to it.
    } else if let Some(closest) = closest_route(request.method().as_str(), path, known) {
        let operation = operations().find(|operation| operation.route() == closest);
        with_details(|details| details.nearest = operation);
        let (method, path) = closest;
        add_hint(format!("did you mean {method} {path}?"));
    } else {
        add_hint(NO_PATH.to_owned());
    }
    refuse(world, request)
}
