//! The OpenAPI document: the declarations of all handlers, and everything that is true of all operations.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Header, OpenApi, PathItem, Ref, RefOr, Required, Schema};
use utoipa::{IntoResponses, OpenApi as _};

use crate::http::openapi::descriptions::describe_responses;
use crate::http::openapi::plain_schemas::make_plain;
use crate::http::operation::operations_of;
use crate::http::problem::ProblemWith;
use crate::registry;
use crate::world::settings::{Fidelity, PipelinesList, Settings, ZadigGeneration};

/// The description of the document, with everything that is true of all operations.
const ABOUT: &str = "A local emulator of four release APIs, and of the IAM operations that clients of two of them call \
    first.\n\n\
    An operation lists its own responses. In addition, an unknown path is 404 and an unsupported method is 405, in the \
    words of the family whose prefix the path has, and an injected fault (`POST /_emulator/v1/faults`) may return any \
    response. The control plane answers 403 to web pages that are not let in and under host names that a stranger could \
    own, and with `--control-token` 401 to requests without the token. Every response has the header `X-Request-Id`. \
    `x-emulator-evidence` is how the response is known, \
    `x-emulator-hint` suggests a request that would have worked, `x-emulator-fault` names the fault that hit.\n\n\
    Examples named `documented` come from the services' own documentation. `x-evidence` is the evidence for an operation, a \
    response, a field or a parameter (absent: documented), or for the words of an enum that are not documented. `x-source`, \
    `x-action` and `x-differences` are an operation's source, the permission it requires, and its differences from the \
    service.";

/// The document without its operations. The tags are the families, in the order of their prefixes, and the control
/// plane.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "release-emulator", description = ABOUT),
    servers((url = "{base}", description = "The world that responds")),
    tags(
        (name = "iam", description = "Huawei IAM: tokens, projects, accounts"),
        (name = "asm", description = "Huawei ASM: grayscale releases of a mesh, and the meshes"),
        (name = "plans", description = "Huawei ServiceStage: release plans"),
        (name = "pipelines", description = "Huawei ServiceStage: release tasks (pipelines) with their actions"),
        (name = "zadig", description = "Zadig: delivery versions"),
        (name = "control", description = "The control plane: clock, state, scripts, faults, journal, events. It needs no credential, but for a control token"),
    )
)]
struct Frame;

/// The response headers.
const HEADERS: [(&str, &str); 3] = [
    ("X-Request-Id", "The request's id: 32 hexadecimal digits"),
    (
        "x-emulator-evidence",
        "How the response is known: `documented`, or `observed` or `inferred` with the parts that make it so (operation, \
         permission, error, fields, values, parameters), or `injected` with the id of the fault",
    ),
    (
        "x-emulator-hint",
        "A request that would have worked, or an ignored field: one line, percent-encoded beyond ASCII",
    ),
];

/// The source of the document's text, for a world and the address under which it is known. The router passes it as an
/// extension, since the document describes the router.
#[derive(Clone, Copy)]
pub(super) struct OpenApiSource(pub(super) fn(&Settings, &str) -> String);

/// The settings that the document follows.
#[derive(Clone, Copy, PartialEq, Eq)]
struct DocumentVariant {
    fidelity: Fidelity,
    pipelines_list: PipelinesList,
    zadig: ZadigGeneration,
}

/// The texts before and behind the address of the world.
type Template = (&'static str, &'static str);

/// The texts of the variants that were asked for. There are few, and a text takes a while to make.
static TEMPLATES: Mutex<Vec<(DocumentVariant, Template)>> = Mutex::new(Vec::new());

/// The text of the document of all families and of the control plane, for a world with these settings at an address.
pub(super) fn text(settings: &Settings, base: &str, control: impl FnOnce() -> OpenApi) -> String {
    let variant = DocumentVariant {
        fidelity: settings.fidelity,
        pipelines_list: settings.pipelines_list,
        zadig: settings.zadig.unwrap_or_default(),
    };
    let mut templates = TEMPLATES.lock().unwrap_or_else(PoisonError::into_inner);
    let known = templates.iter().find(|(of, _)| *of == variant);
    let (before, behind) = if let Some((_, template)) = known {
        *template
    } else {
        let template = template(settings, control());
        templates.push((variant, template));
        template
    };
    drop(templates);
    let base = Value::from(base).to_string();
    [before, &base, behind].concat()
}

fn template(settings: &Settings, control: OpenApi) -> Template {
    let mut document = serde_json::to_value(document(settings, control)).expect("keys are strings");
    make_plain(&mut document);
    // Extensions live in a hash map, whose order differs from run to run.
    document.sort_all_objects();
    let text: &'static str = document.to_string().leak();
    text.split_once(r#""{base}""#).expect("a server")
}

fn document(settings: &Settings, control: OpenApi) -> OpenApi {
    let mut document = Frame::openapi();
    document.info.license = None;
    for part in registry::definitions(settings).chain([control]) {
        document.merge(part);
    }
    name_families(&mut document);
    for (path, item) in &mut document.paths.paths {
        name_parameters(path, item);
        for operation in operations_of(item) {
            declare_limits(operation);
            if is_control(operation) && path.contains('{') {
                refuse_paths(operation);
            }
            describe_responses(operation);
            add_headers(operation);
            if is_control(operation) {
                operation.security = Some(Vec::new());
            }
        }
    }
    let components = document.components.get_or_insert_default();
    for (name, text) in HEADERS {
        let header = header(name, text);
        components.headers.insert(name.to_owned(), header.into());
    }
    registry::examples::show(&mut document, settings);
    document
}

/// Lists the families whose work can be scripted, which only the registry knows.
fn name_families(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    if let Some(RefOr::T(Schema::Object(family))) = components.schemas.get_mut("ScriptFamily") {
        let names = registry::family_names().into_iter().map(Into::into);
        family.enum_values = Some(names.collect());
    }
}

fn header(name: &str, text: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    let schema = match name {
        "X-Request-Id" => schema.pattern(Some("^[0-9a-f]{32}$")),
        "x-emulator-evidence" => schema.pattern(Some(
            "^(documented|(observed|inferred)(; [a-z]+=[^;]+)+|injected; fault=[^;]+)$",
        )),
        _ => schema,
    };
    HeaderBuilder::new()
        .schema(Some(schema))
        .description(Some(text))
        .build()
}

/// Declares the refusals of bodies that are too large or too many, and of changes that a disk does not take, which any operation of the control plane may answer.
fn declare_limits(operation: &mut Operation) {
    if !is_control(operation) {
        return;
    }
    let mut limits = ProblemWith::<503>::responses();
    if operation.request_body.is_some() {
        limits.append(&mut ProblemWith::<413>::responses());
        limits.append(&mut ProblemWith::<507>::responses());
    }
    for (status, response) in limits {
        let declared = operation.responses.responses.entry(status);
        declared.or_insert(response);
    }
}

/// A parameter in a path may be no text, which any operation refuses.
fn refuse_paths(operation: &mut Operation) {
    for (status, response) in ProblemWith::<400>::responses() {
        let declared = operation.responses.responses.entry(status);
        declared.or_insert(response);
    }
}

fn is_control(operation: &Operation) -> bool {
    operation.tags.iter().flatten().any(|tag| tag == "control")
}

/// Lists the headers of every response.
fn add_headers(operation: &mut Operation) {
    let is_own = is_control(operation);
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else {
            continue;
        };
        for (name, _) in HEADERS {
            if name == "X-Request-Id" || !is_own {
                let header = RefOr::Ref(Ref::new(format!("#/components/headers/{name}")));
                response.headers.insert(name.to_owned(), header);
            }
        }
    }
}

/// Adds a text parameter for every `{name}` of the path that an attribute did not list, and describes undescribed
/// ones.
fn name_parameters(path: &str, item: &mut PathItem) {
    let names: Vec<&str> = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .collect();
    for operation in operations_of(item) {
        let listed = operation.parameters.get_or_insert_default();
        for name in &names {
            let known = listed.iter_mut().find_map(|known| match known {
                RefOr::T(known) => Some(known)
                    .filter(|known| known.name == *name && known.parameter_in == ParameterIn::Path),
                RefOr::Ref(_) => None,
            });
            let described = Some(match name.strip_suffix("_id") {
                Some(owner) => format!("The id of the {}", owner.replace('_', " ")),
                None => format!("The {name}"),
            });
            if let Some(known) = known {
                known.description = known.description.take().or(described);
            } else {
                let text = ObjectBuilder::new().schema_type(Type::String);
                let parameter = ParameterBuilder::new()
                    .name(*name)
                    .parameter_in(ParameterIn::Path)
                    .required(Required::True)
                    .description(described)
                    .schema(Some(text));
                listed.push(RefOr::T(parameter.build()));
            }
        }
    }
}
