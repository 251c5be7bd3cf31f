//! Worlds and snapshots on the overview: each world has a link to its own port, and each snapshot a way back.

use axum::http::Method;
use release_emulator::Emulator;
use serde_json::json;

use super::{BROWSER, attributes, browse, html};
use crate::common::App;
use crate::remote::Remote;

async fn overview(world: &Remote) -> String {
    let path = "/_emulator/";
    html(&world.send(Method::GET, path, BROWSER, String::new()).await)
}

#[tokio::test]
async fn worlds_are_linked_at_their_ports_and_can_be_closed_by_others() {
    let emulator = Emulator::builder().start().await.unwrap();
    let main = Remote::at(emulator.url());
    let fork = main.open(json!({"from": "main", "name": "staging"})).await;
    let of_main = overview(&main).await;
    let link = format!("{}/_emulator/", fork.url);
    let links = attributes(&of_main, "href");
    // In the switch on every page, and in the table.
    assert_eq!(links.iter().filter(|href| **href == link).count(), 2);
    let closing = "DELETE /_emulator/v1/worlds/staging";
    assert!(attributes(&of_main, "data-send").contains(&closing));

    let of_fork = overview(&fork).await;
    assert!(of_fork.contains("<b><bdi>staging</bdi></b>"), "{of_fork}");
    assert!(!attributes(&of_fork, "data-send").contains(&closing));
    assert!(attributes(&of_fork, "href").contains(&&*format!("{}/_emulator/", main.url)));
    let forking = "{&quot;from&quot;:&quot;staging&quot;}";
    assert!(attributes(&of_fork, "data-body").contains(&forking));
}

#[tokio::test]
async fn snapshots_can_be_restored_forked_and_removed() {
    let app = App::new();
    let name = json!({"name": "before.deploy"});
    app.post("/_emulator/v1/snapshots", name)
        .await
        .assert_status(201);
    let page = html(&browse(&app, "/_emulator/").await);
    let sent = attributes(&page, "data-send");
    for request in [
        "POST /_emulator/v1/snapshots",
        "POST /_emulator/v1/snapshots/before.deploy/restore",
        "DELETE /_emulator/v1/snapshots/before.deploy",
        "POST /_emulator/v1/clock/rewind",
    ] {
        assert!(sent.contains(&request), "{request}: {sent:?}");
    }
    let forking = "{&quot;from&quot;:&quot;main&quot;,&quot;command&quot;:1}";
    let forking_too = "{&quot;command&quot;:1,&quot;from&quot;:&quot;main&quot;}";
    let bodies = attributes(&page, "data-body");
    assert!(
        bodies
            .iter()
            .any(|body| [forking, forking_too].contains(body)),
        "{bodies:?}"
    );
}

#[tokio::test]
async fn the_lines_for_clients_have_the_address_that_was_asked() {
    let app = App::new();
    let asked = [BROWSER[0], ("host", "emulator.internal:8080")];
    let page = html(&app.send("GET", "/_emulator/", &asked, "").await);
    let url = "http://emulator.internal:8080";
    assert!(page.contains(&format!("data-copy=\"{url}\"")), "{page}");
    for line in [
        format!("curl {url}/v3/p1/pipeline/pipelines"),
        format!("export RELEASE_EMULATOR_URL={url}\n"),
        format!("auth_url   = &quot;{url}/v3&quot;"),
    ] {
        assert!(page.contains(&line), "{line}");
    }
}
