//! The OpenAPI document: the declarations of all handlers, and everything that is true of all operations.

use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use crate::http::openapi::descriptions::describe_responses;
use crate::http::openapi::document::{merge, operations_of, schemas};
use crate::http::openapi::plain_schemas::make_plain;
use crate::http::problem::declared_problem;
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

/// The tags with their descriptions: the families, in the order of their prefixes, and the control plane.
const TAGS: [(&str, &str); 6] = [
    ("iam", "Huawei IAM: tokens, projects, accounts"),
    (
        "asm",
        "Huawei ASM: grayscale releases of a mesh, and the meshes",
    ),
    ("plans", "Huawei ServiceStage: release plans"),
    (
        "pipelines",
        "Huawei ServiceStage: release tasks (pipelines) with their actions",
    ),
    ("zadig", "Zadig: delivery versions"),
    (
        "control",
        "The control plane: clock, state, scripts, faults, journal, events. It needs no credential, but for a control \
         token",
    ),
];

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
pub(super) fn text(settings: &Settings, base: &str, control: impl FnOnce() -> Value) -> String {
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

fn template(settings: &Settings, control: Value) -> Template {
    let mut document = document(settings, control);
    make_plain(&mut document);
    let text: &'static str = document.to_string().leak();
    text.split_once(r#""{base}""#).expect("a server")
}

/// The document without its operations.
fn frame() -> Value {
    let tags = TAGS.iter();
    let tags = tags.map(|(name, description)| json!({"name": name, "description": description}));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "release-emulator",
            "description": ABOUT,
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [{"url": "{base}", "description": "The world that responds"}],
        "tags": tags.collect::<Value>(),
    })
}

fn document(settings: &Settings, control: Value) -> Value {
    let mut document = frame();
    for part in registry::definitions(settings).chain([control]) {
        merge(&mut document, part);
    }
    name_families(&mut document);
    let paths = document["paths"].as_object_mut();
    for (path, item) in paths.into_iter().flatten() {
        for operation in operations_of(item) {
            name_parameters(path, operation);
            if is_control(operation) {
                declare_limits(operation);
                if path.contains('{') {
                    declare_problem(operation, 400);
                }
                operation.insert("security".to_owned(), json!([]));
            }
            describe_responses(operation);
            add_headers(operation);
        }
    }
    let headers = HEADERS.map(|(name, text)| (name.to_owned(), header(name, text)));
    document["components"]["headers"] = headers.into_iter().collect();
    registry::examples::show(&mut document, settings);
    document
}

/// Lists the families whose work can be scripted, which only the registry knows.
fn name_families(document: &mut Value) {
    if let Some(family) = schemas(document).and_then(|all| all.get_mut("ScriptFamily")) {
        family["enum"] = registry::family_names().into_iter().collect();
    }
}

fn header(name: &str, text: &str) -> Value {
    let pattern = match name {
        "X-Request-Id" => Some("^[0-9a-f]{32}$"),
        "x-emulator-evidence" => {
            Some("^(documented|(observed|inferred)(; [a-z]+=[^;]+)+|injected; fault=[^;]+)$")
        }
        _ => None,
    };
    let mut schema = json!({"type": "string"});
    if let Some(pattern) = pattern {
        schema["pattern"] = pattern.into();
    }
    json!({"description": text, "schema": schema})
}

/// Declares the refusals of bodies that are too large or too many, and of changes that a disk does not take, which any
/// operation of the control plane may answer.
fn declare_limits(operation: &mut Map<String, Value>) {
    declare_problem(operation, 503);
    if operation.contains_key("requestBody") {
        declare_problem(operation, 413);
        declare_problem(operation, 507);
    }
}

fn declare_problem(operation: &mut Map<String, Value>, status: u16) {
    if let Some(responses) = operation
        .get_mut("responses")
        .and_then(Value::as_object_mut)
    {
        let declared = responses.entry(status.to_string());
        declared.or_insert_with(declared_problem);
    }
}

fn is_control(operation: &Map<String, Value>) -> bool {
    let tags = operation.get("tags").and_then(Value::as_array);
    tags.into_iter().flatten().any(|tag| tag == "control")
}

/// Lists the headers of every response.
fn add_headers(operation: &mut Map<String, Value>) {
    let is_own = is_control(operation);
    let responses = operation
        .get_mut("responses")
        .and_then(Value::as_object_mut);
    for (_, response) in responses.into_iter().flatten() {
        for (name, _) in HEADERS {
            if name == "X-Request-Id" || !is_own {
                response["headers"][name] = json!({"$ref": format!("#/components/headers/{name}")});
            }
        }
    }
}

/// Adds a text parameter for every `{name}` of the path that an attribute did not list, and describes undescribed
/// ones.
fn name_parameters(path: &str, operation: &mut Map<String, Value>) {
    let names = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let listed = operation.entry("parameters").or_insert_with(|| json!([]));
    let Some(listed) = listed.as_array_mut() else {
        return;
    };
    for name in names {
        let described = match name.strip_suffix("_id") {
            Some(owner) => format!("The id of the {}", owner.replace('_', " ")),
            None => format!("The {name}"),
        };
        let is_it = |known: &&mut Value| known["name"] == name && known["in"] == "path";
        let known = listed.iter_mut().find(is_it).and_then(Value::as_object_mut);
        if let Some(known) = known {
            known.entry("description").or_insert(described.into());
        } else {
            listed.push(json!({
                "name": name,
                "in": "path",
                "required": true,
                "description": described,
                "schema": {"type": "string"},
            }));
        }
    }
}
