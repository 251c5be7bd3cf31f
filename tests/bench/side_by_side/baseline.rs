//! The fastest axum servers for comparison: a constant list (a), and typed items behind a lock, serialized by serde (b).
//! The benchmark starts itself once more to serve them.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, RwLock};

use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize, Serializer};

/// The approximate size of an item as text, in bytes.
const ITEM: usize = 200;

/// An item with the keys of a release plan in a list.
#[derive(Serialize)]
struct Item {
    id: String,
    name: String,
    action: String,
    create_time: u64,
    status: String,
    creator: String,
    execute_time: u64,
}

impl Item {
    fn new(n: u64, wanted: Wanted) -> Self {
        let mixed = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let id = u128::from(mixed) << 64 | u128::from(!mixed);
        Self {
            id: uuid::Builder::from_random_bytes(id.to_be_bytes())
                .into_uuid()
                .to_string(),
            name: wanted.name,
            action: wanted.action,
            create_time: 1_711_952_860_132 + n,
            status: "SUCCESS".to_owned(),
            creator: wanted.creator,
            execute_time: 1_711_952_860_379 + n,
        }
    }
}

/// The body of a creation.
#[derive(Deserialize)]
struct Wanted {
    name: String,
    action: String,
    creator: String,
}

/// The constant lists by their length, and the items.
struct Memory {
    lists: BTreeMap<usize, Bytes>,
    items: RwLock<BTreeMap<u64, Item>>,
}

#[derive(Deserialize)]
struct Page {
    limit: usize,
}

/// An iterator that is serialized once, as an array.
struct Rows<I>(Cell<Option<I>>);

impl<I: Iterator<Item: Serialize>> Serialize for Rows<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.take().into_iter().flatten())
    }
}

#[derive(Serialize)]
struct List<T> {
    count: usize,
    release_plans: T,
}

fn list(items: &BTreeMap<u64, Item>, limit: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(64 + limit * ITEM);
    let list = List {
        count: items.len(),
        release_plans: Rows(Cell::new(Some(items.values().take(limit)))),
    };
    serde_json::to_writer(&mut text, &list).expect("it can be written");
    text
}

fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

async fn constant(State(memory): State<Arc<Memory>>, Query(page): Query<Page>) -> Response {
    match memory.lists.get(&page.limit) {
        Some(list) => json(StatusCode::OK, list.clone()),
        None => json(StatusCode::NOT_FOUND, "{}"),
    }
}

async fn typed(State(memory): State<Arc<Memory>>, Query(page): Query<Page>) -> Response {
    let text = list(&memory.items.read().expect("nobody panics"), page.limit);
    json(StatusCode::OK, text)
}

async fn create(State(memory): State<Arc<Memory>>, Json(wanted): Json<Wanted>) -> Response {
    let text = {
        let mut items = memory.items.write().expect("nobody panics");
        let n = items.last_key_value().map_or(0, |(n, _)| n + 1);
        let item = Item::new(n, wanted);
        let text = serde_json::to_vec(&item).expect("it can be written");
        items.insert(n, item);
        text
    };
    json(StatusCode::CREATED, text)
}

/// Prints its address and serves 1,000 items until it is killed.
pub(crate) fn serve() {
    let plan = |n| Wanted {
        name: format!("release-{n:06}"),
        action: "create".to_owned(),
        creator: "emulator".to_owned(),
    };
    let items: BTreeMap<_, _> = (0..1_000).map(|n| (n, Item::new(n, plan(n)))).collect();
    let lists = [20, 1_000].map(|n| (n, Bytes::from(list(&items, n))));
    let memory = Arc::new(Memory {
        lists: lists.into(),
        items: RwLock::new(items),
    });
    let router = Router::new()
        .route("/constant", get(constant))
        .route("/items", get(typed).post(create))
        .with_state(memory);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("it is bound");
        let mut stdout = std::io::stdout();
        writeln!(stdout, "ready url=http://{address}").expect("somebody listens");
        axum::serve(listener, router)
            .await
            .expect("it goes on for ever");
    });
}
