//! Bodies in gzip and in other encodings: read, refused, signed, matched, recorded.

use release_emulator::internals::world::settings::Auth;
use serde_json::{Value, json};

use crate::common::{App, CREDENTIALS, PROJECT, Reply};
use crate::signatures::{AK, SK, Signed, sha256, strict};

/// [`PIPELINE_TEXT`], packed by `gzip -9n`.
const PIPELINE: &[u8] = include_bytes!("pipeline.json.gz");

const PIPELINE_TEXT: &str = r#"{"name":"shop","model_version":2,"config_mode":"ui","stages":[{"name":"s","tasks":[{"name":"t"}]}]}"#;

fn pipelines() -> String {
    format!("/v3/{PROJECT}/pipeline/pipelines")
}

async fn send(app: &App, path: &str, encoding: &str, body: &[u8]) -> Reply {
    let mut headers = CREDENTIALS.to_vec();
    headers.push(("content-encoding", encoding));
    app.send("POST", path, &headers, body.to_vec()).await
}

#[tokio::test]
async fn a_body_in_gzip_is_read_and_the_journal_has_it_unpacked() {
    let app = App::new();
    for encoding in ["gzip", "x-gzip", "GZIP"] {
        let name = send(&app, &pipelines(), encoding, PIPELINE).await;
        let expected = if encoding == "gzip" { 200 } else { 400 };
        // The name is taken the second time, so the body was read.
        name.assert_status(expected);
    }
    let journal = app.get("/_emulator/v1/requests?limit=1").await.json();
    let request = &journal["requests"][0]["request"];
    assert_eq!(
        request["body"],
        serde_json::from_str::<Value>(PIPELINE_TEXT).unwrap()
    );
    assert_eq!(request["bytes"], PIPELINE_TEXT.len());
}

#[tokio::test]
async fn a_fault_looks_at_the_unpacked_body() {
    let app = App::new();
    let fault = json!({"match": {"body": {"/name": {"equals": "shop"}}}, "do": {"status": 503}});
    app.post("/_emulator/v1/faults", fault)
        .await
        .assert_status(201);
    send(&app, &pipelines(), "gzip", PIPELINE)
        .await
        .assert_status(503);
}

#[tokio::test]
async fn the_control_plane_reads_gzip_too() {
    let app = App::new();
    let refused = send(&app, "/_emulator/v1/scripts", "gzip", PIPELINE).await;
    let detail = refused.assert_status(400)["detail"].to_string();
    assert!(detail.contains("name: is not a known field"), "{detail}");
}

#[tokio::test]
async fn a_damaged_body_is_refused_in_words() {
    let app = App::new();
    for (body, why) in [
        (
            &b"{}"[..],
            "the body is not valid gzip: it does not begin as gzip does",
        ),
        (
            &PIPELINE[..20],
            "the body is not valid gzip: its data are damaged, or end early",
        ),
    ] {
        let refused = send(&app, &pipelines(), "gzip", body)
            .await
            .assert_status(400);
        assert_eq!(refused["error_msg"], format!("parameter invalid: {why}"));
    }
}

#[tokio::test]
async fn more_than_the_limit_is_refused_however_small_it_was_sent() {
    // Twelve MiB and one byte of blanks.
    let app = App::new();
    let bomb = gzip_of_blanks((12 << 20) + 1);
    assert!(bomb.len() < 64 << 10, "{}", bomb.len());
    send(&app, &pipelines(), "gzip", &bomb)
        .await
        .assert_status(413);
    let full = gzip_of_blanks(12 << 20);
    // No body is read as `{}`.
    let refused = send(&app, &pipelines(), "gzip", &full).await;
    let text = refused.assert_status(400)["error_msg"].to_string();
    assert!(text.contains("name: is required"), "{text}");
}

/// So many blanks in gzip, by Python's own library.
fn gzip_of_blanks(n: usize) -> Vec<u8> {
    let program =
        format!("import gzip, sys; sys.stdout.buffer.write(gzip.compress(b' ' * {n}, mtime=0))");
    let output = std::process::Command::new("python3")
        .args(["-c", &program])
        .output();
    output.expect("python3 runs").stdout
}

#[tokio::test]
async fn a_refused_caller_is_told_before_the_body_is_looked_at() {
    let app = App::with(|settings| settings.auth = Auth::Strict);
    send(&app, &pipelines(), "br", PIPELINE)
        .await
        .assert_status(401);
}

#[tokio::test]
async fn another_encoding_is_415_in_the_words_of_each_family() {
    let app = App::new();
    let hint = "the body has the Content-Encoding \"br\"; send it in gzip, or without one";
    for (path, text) in [
        ("/v2/meshes/m1/namespaces/default/releases", "error_msg"),
        (&*pipelines(), "error_msg"),
        ("/v3/auth/tokens", "error_msg"),
        ("/openapi/delivery/releases/k8s", "description"),
        ("/_emulator/v1/scripts", "detail"),
    ] {
        let refused = send(&app, path, "br", b"\x0b\x02").await;
        let body = refused.assert_status(415);
        let words = body[text].as_str().unwrap_or_default();
        assert!(words.contains("Content-Encoding \"br\""), "{path}: {body}");
        if !path.starts_with("/_emulator") {
            assert_eq!(refused.header("x-emulator-hint"), hint, "{path}");
        }
    }
    for harmless in ["identity", ""] {
        let reply = send(&app, &pipelines(), harmless, b"{}").await;
        reply.assert_status(400);
    }
}

#[tokio::test]
async fn a_signature_covers_the_bytes_as_they_were_sent() {
    let app = strict();
    let mut signed = Signed::new("POST", &pipelines(), "").with("content-encoding", "gzip");
    signed.body = PIPELINE.to_vec();
    let over_sent = signed.authorization(AK, SK);
    signed.send(&app, &over_sent).await.assert_status(200);

    let over_unpacked = signed.canonical(&sha256(PIPELINE_TEXT.as_bytes()));
    let over_unpacked = signed.authorization_over(AK, SK, &over_unpacked);
    signed.send(&app, &over_unpacked).await.assert_status(401);
}
