//! Optional bodies, which must not be null.

use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

/// An optional body must not be null, which the attributes cannot express.
pub(super) fn require_bodies(operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else {
        return;
    };
    for content in body.content.values_mut() {
        if let RefOr::T(content) = content
            && let Some(RefOr::T(Schema::OneOf(choice))) = &content.schema
            && let [own @ RefOr::Ref(_), null] | [null, own @ RefOr::Ref(_)] = &choice.items[..]
            && *null == RefOr::T(ObjectBuilder::new().schema_type(Type::Null).into())
        {
            content.schema = Some(own.clone());
        }
    }
}
