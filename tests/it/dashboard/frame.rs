//! The frame of every page: policy, scripts, the control token, strangers.

use release_emulator::internals::http::auth::Secret;

use super::{BROWSER, attributes, browse, html};
use crate::common::App;

/// The pages of the dashboard.
const PAGES: &[&str] = &[
    "/_emulator/",
    "/_emulator/requests",
    "/_emulator/failures",
    "/_emulator/demo",
    "/_emulator/reference",
];

const TOKEN: &str = "hush-4711";

#[tokio::test]
async fn every_page_is_confined_to_the_scripts_and_styles_of_the_binary() {
    let app = App::new();
    for path in PAGES {
        let reply = browse(&app, path).await;
        let policy = reply.header("content-security-policy");
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(reply.header("cache-control"), "no-store");
        let page = html(&reply);
        for name in ["style", "onclick", "onload", "onerror"] {
            assert_eq!(attributes(&page, name), Vec::<&str>::new(), "{path}");
        }
        assert!(!page.contains("<style"), "{path}");
        assert_eq!(
            page.matches("<script").count(),
            attributes(&page, "src").len(),
            "{path} has an inline script"
        );
        for loaded in attributes(&page, "src") {
            assert!(loaded.starts_with("/_emulator/dashboard/"), "{loaded}");
        }
        assert!(page.contains("<html lang=\"en\">"), "{path}");
        assert!(page.contains("<link rel=\"icon\" href=\"data:"), "{path}");
        assert!(page.contains(" aria-current=\"page\""), "{path}");
    }
}

#[tokio::test]
async fn scripts_and_styles_are_kept_by_a_browser_until_they_change() {
    let app = App::new();
    let page = html(&browse(&app, "/_emulator/").await);
    let mut files = attributes(&page, "src");
    files.push("/_emulator/dashboard/style.css");
    for file in files {
        let served = app.send("GET", file, &[], "").await;
        assert_eq!(served.status, 200, "{file}");
        assert!(
            served
                .header("content-security-policy")
                .starts_with("default-src 'none'"),
            "{file}"
        );
        let tag = served.header("etag");
        let known = [("if-none-match", tag)];
        let again = app.send("GET", file, &known, "").await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{file}");
        let other = [("if-none-match", "\"0\"")];
        assert_eq!(app.send("GET", file, &other, "").await.status, 200);
        // The name of a namespace is no address.
        let text = served.text().replace("\"http://www.w3.org/2000/svg\"", "");
        for elsewhere in ["http://", "https://", "//cdn", "@import", " url("] {
            assert!(!text.contains(elsewhere), "{file} has {elsewhere}");
        }
    }
    let unknown = app.send("GET", "/_emulator/dashboard/x.js", &[], "").await;
    unknown.assert_status(404);
}

#[tokio::test]
async fn a_page_asks_for_the_control_token_and_tells_nothing_until_it_has_it() {
    let app = App::with(|settings| settings.control_access.token = Some(Secret::new(TOKEN)));
    for path in PAGES {
        let asks = browse(&app, path).await;
        assert_eq!(asks.status, 401, "{path}");
        assert_eq!(
            asks.header("www-authenticate"),
            "Bearer realm=\"release-emulator\""
        );
        assert_eq!(asks.header("cache-control"), "no-store");
        let page = asks.text();
        assert!(page.contains("id=\"sign-in\""), "{page}");
        for fact in ["data-now", "data-send", "2026", TOKEN] {
            assert!(!page.contains(fact), "{path} tells {fact}");
        }
        for file in attributes(&page, "src") {
            assert_eq!(app.send("GET", file, &[], "").await.status, 200, "{file}");
        }
        let held = [BROWSER[0], ("x-emulator-token", TOKEN)];
        let opened = html(&app.send("GET", path, &held, "").await);
        assert!(opened.contains("data-now"), "{path}");
        assert!(!opened.contains(TOKEN), "{path}");
    }
    // Programs get the problem in JSON, and changes are refused as ever.
    let program = app.get("/_emulator/").await;
    assert_eq!(program.header("content-type"), "application/problem+json");
    let post = app.send("POST", "/_emulator/v1/reset", BROWSER, "").await;
    assert_eq!(post.header("content-type"), "application/problem+json");
    post.assert_status(401);
}

#[tokio::test]
async fn a_browser_that_opens_a_page_without_the_token_has_no_error_to_write_down() {
    let app = App::with(|settings| settings.control_access.token = Some(Secret::new(TOKEN)));
    let opens = [BROWSER[0], ("sec-fetch-dest", "document")];
    let opens_from_afar = [BROWSER[0], ("upgrade-insecure-requests", "1")];
    let types_another = [
        BROWSER[0],
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-dest", "empty"),
        ("x-emulator-token", "hush"),
    ];
    for path in PAGES.iter().chain(&["/_emulator/docs/time"]) {
        for headers in [&opens[..], &opens_from_afar, &types_another] {
            let asks = app.send("GET", path, headers, "").await;
            assert_eq!(asks.status, 200, "{path} {headers:?}");
            let page = asks.text();
            assert!(page.contains("id=\"sign-in\""), "{page}");
            assert!(!page.contains("data-now"), "{page}");
            // The script tells the page by this header.
            let scheme = asks.header("www-authenticate");
            assert_eq!(scheme, "Bearer realm=\"release-emulator\"");
        }
        // A page of another origin is told that it needs the token.
        let frame = [
            BROWSER[0],
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-dest", "iframe"),
        ];
        let framed = app.send("GET", path, &frame, "").await;
        assert_eq!(framed.status, 401, "{path}");
    }
    for path in [
        "/_emulator/v1/clock",
        "/_emulator/v1/state",
        "/_emulator/v1/nothing",
    ] {
        let refused = app.send("GET", path, &opens, "").await;
        assert_eq!(refused.status, 401, "{path}");
    }
}

#[tokio::test]
async fn pages_of_strangers_read_nothing_and_links_open_the_page() {
    let app = App::new();
    for path in PAGES {
        let stranger = [BROWSER[0], ("origin", "https://evil.example")];
        app.send("GET", path, &stranger, "")
            .await
            .assert_status(403);
        let rebound = [BROWSER[0], ("host", "evil.example")];
        app.send("GET", path, &rebound, "").await.assert_status(403);
        let link = [
            BROWSER[0],
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        assert_eq!(app.send("GET", path, &link, "").await.status, 200, "{path}");
        let frame = [link[0], link[1], link[2], ("sec-fetch-dest", "iframe")];
        app.send("GET", path, &frame, "").await.assert_status(403);
    }
}

#[tokio::test]
async fn looking_at_pages_is_neither_recorded_nor_an_event() {
    let app = App::new();
    let newest = *app.world.recorder().events.subscribe().borrow();
    for path in PAGES {
        html(&browse(&app, path).await);
    }
    let journal = app.get("/_emulator/v1/requests").await.json();
    assert_eq!(journal["total"], 0);
    assert_eq!(*app.world.recorder().events.subscribe().borrow(), newest);
}
