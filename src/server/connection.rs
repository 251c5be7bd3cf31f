//! A connection: its requests, and the recovery from heads that hyper cannot read.

use std::cell::Cell;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::{CONNECTION, HOST, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Version};
use futures_util::future::{Either, ready};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::service::TowerToHyperService;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::connections::ConnectionLimits;
use super::head::{self, LenientHead};
use super::http2::{self, first_stream};
use super::interception::Interception;
use super::socket::Socket;
use super::transport::Transport;
use super::watch::{AnswerBody, ConnectionState, ConnectionWatch, Expiry, WatchedEnd};
use crate::http::body::UnreadBody;
use crate::http::faults::apply::ConnectionCloser;
use crate::http::head::{MalformedHead, UnreadableFields, WithinTls};

const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// The longest head, with its request line.
const LONGEST_HEAD: usize = 64 << 10;

/// The longest time for the refusal of a connection.
const LONGEST_REFUSAL: Duration = Duration::from_secs(5);

/// The seconds after which a refused client may try again.
const RETRY: HeaderValue = HeaderValue::from_static("1");

/// The length of a body from which a request is answered on a thread of its own, in bytes.
const LARGE_BODY: u64 = 256 << 10;

/// The longest wait for anything after the preface of HTTP/2, without which the answer is in HTTP/1.1.
const LONGEST_HTTP2_BEGIN: Duration = Duration::from_millis(200);

/// The longest wait for a request in HTTP/2.
const LONGEST_HTTP2_WAIT: Duration = Duration::from_secs(5);

/// The most bytes that a client of HTTP/2 may send before a request.
const MOST_BEFORE_REQUEST: usize = 64 << 10;

/// The faults of the first head that a connection reads.
#[derive(Debug, Default)]
enum HeadFaults {
    /// Hyper has read it as it was sent.
    #[default]
    None,
    /// It was repaired.
    Repaired(UnreadableFields),
    /// A request without a body stands for it.
    Malformed(MalformedHead),
    /// The same, for a client that speaks HTTP/2 and has made a request on this stream.
    Http2(MalformedHead, Option<[u8; 4]>),
}

/// The way on which the requests of a connection come.
#[derive(Clone, Debug, Default)]
pub(super) struct Way {
    /// True if it is within TLS.
    pub(super) is_tls: bool,
    /// The proxy that they were sent to, of which each names its host.
    pub(super) proxy: Option<Arc<Interception>>,
}

/// All that is needed to serve a connection.
pub(super) struct ConnectionContext {
    pub(super) router: Router,
    pub(super) stop: CancellationToken,
    pub(super) limits: ConnectionLimits,
}

/// Refuses the first request of a connection, in the words of its family.
pub(super) async fn refuse_connection(
    transport: Transport,
    way: Way,
    context: ConnectionContext,
    why: MalformedHead,
) {
    let refused = serve(transport, way, context, HeadFaults::Malformed(why));
    // A client that sends nothing gets no answer.
    let _ = timeout(LONGEST_REFUSAL, refused).await;
}

/// Serves the requests of a connection until it ends, or gracefully until `stop`.
pub(super) async fn serve_connection(transport: Transport, way: Way, context: ConnectionContext) {
    serve(transport, way, context, HeadFaults::None).await;
}

/// Serves a connection; `faults` are those of its first head.
async fn serve(transport: Transport, way: Way, context: ConnectionContext, mut faults: HeadFaults) {
    let ConnectionContext {
        router,
        stop,
        limits,
    } = context;
    let router = TowerToHyperService::new(router);
    let closer = ConnectionCloser::default();
    let state = ConnectionState::default();
    let mut socket = Socket::new(transport, state.clone());
    let keeps_alive = !limits.keep_alive.is_zero();
    let mut watch = ConnectionWatch::new(state.clone(), limits);
    loop {
        let http2_stream = match faults {
            HeadFaults::Http2(_, stream) => Some(stream),
            _ => None,
        };
        let is_last = matches!(faults, HeadFaults::Malformed(_) | HeadFaults::Http2(..));
        let is_replayed = !matches!(faults, HeadFaults::None);
        let service = service(
            router.clone(),
            way.clone(),
            closer.clone(),
            state.clone(),
            faults,
        );
        // The watch has the timeouts, which differ for an idle connection and one that sends a head.
        let mut connection = http1::Builder::new()
            // Shell scripts look for `X-Subject-Token` in this spelling.
            .title_case_headers(true)
            .keep_alive(keeps_alive && !is_last)
            .max_buf_size(LONGEST_HEAD)
            .max_header_size(LONGEST_HEAD)
            .serve_connection(socket, service);
        let ended = tokio::select! {
            // A fault closes the connection, with any request in progress.
            () = closer.closed() => return,
            ended = watch.run(&mut connection) => ended,
            () = stop.cancelled() => {
                std::pin::Pin::new(&mut connection).graceful_shutdown();
                tokio::select! {
                    () = closer.closed() => return,
                    ended = watch.run(&mut connection) => ended,
                }
            }
        };
        let parts = connection.into_parts();
        socket = parts.io;
        let served = match ended {
            WatchedEnd::Own(served) => served,
            WatchedEnd::Expired(Expiry::Stalled) => return socket.reset(),
            WatchedEnd::Expired(Expiry::Idle | Expiry::Head) => {
                // Only what has begun is refused.
                if is_last || parts.read_buf.is_empty() {
                    return;
                }
                let stand_in = LenientHead::new(&parts.read_buf).into_stand_in();
                faults = refuse(&mut socket, stand_in, MalformedHead::unfinished());
                continue;
            }
        };
        // A broken connection concerns only its client.
        if !is_last && !served.is_err_and(|error| error.is_parse()) {
            return;
        }
        let may_repair = !is_replayed || socket.has_answered();
        let end_of_head = watch.end_of_head();
        let recovery = async {
            if let (Some(stream), Some(answer)) = (http2_stream, socket.take_captured()) {
                socket.send(http2::refusal(stream, &answer)).await.ok()?;
            }
            if is_last {
                socket.linger().await;
                return None;
            }
            recover(&mut socket, parts.read_buf.into(), may_repair, end_of_head).await
        };
        let recovered = tokio::select! {
            () = stop.cancelled() => return,
            recovered = recovery => recovered,
        };
        match recovered {
            Some(recovered) => faults = recovered,
            None => return,
        }
    }
}

/// Has the socket replay the head that hyper could not read, repaired or as a stand-in; `None` if the client has gone.
async fn recover(
    socket: &mut Socket,
    unread: Vec<u8>,
    may_repair: bool,
    end_of_head: Instant,
) -> Option<HeadFaults> {
    let is_http_2 = unread.starts_with(b"PRI * HTTP/2.0\r\n");
    let withheld = socket.take_withheld();
    if is_http_2 && let Some(refused) = refuse_http2(socket, unread.clone()).await {
        return Some(refused);
    }
    let status = match withheld {
        Some(status) => status,
        // Hyper does not answer this.
        None if is_http_2 => 400,
        // The connection ended within a head.
        None => return None,
    };
    // A head that hyper could parse, but not use, is no longer in its buffer.
    let consumed = socket.record().strip_suffix(&*unread);
    let consumed = consumed.and_then(head::last_complete).map(LenientHead::new);
    let consumed = consumed.and_then(|head| Some((head.framing_fault()?, head.into_stand_in())));
    if let Some((malformed, stand_in)) = consumed {
        return Some(refuse(socket, stand_in, malformed));
    }
    let malformed = match status {
        414 => MalformedHead::uri_too_long(),
        431 if !unread.contains(&b'\n') => MalformedHead::uri_too_long(),
        431 => MalformedHead::too_large(),
        _ => return repair(socket, unread, may_repair, end_of_head).await,
    };
    let stand_in = LenientHead::new(&unread).into_stand_in();
    Some(refuse(socket, stand_in, malformed))
}

/// Repairs the head at the beginning of `unread`, or refuses it.
async fn repair(
    socket: &mut Socket,
    mut unread: Vec<u8>,
    may_repair: bool,
    end_of_head: Instant,
) -> Option<HeadFaults> {
    // Without a request line nothing tells if there is an end to wait for.
    let beginning = LenientHead::new(&unread);
    if let Some(malformed) = beginning.request_line_fault() {
        return Some(refuse(socket, beginning.into_stand_in(), malformed));
    }
    let length = loop {
        if let Some(length) = head::length(&unread) {
            break length;
        }
        if unread.len() > LONGEST_HEAD {
            break unread.len();
        }
        match timeout_at(end_of_head, socket.read_more(&mut unread)).await {
            Ok(Ok(true)) => {}
            Ok(_) => return None,
            Err(_) => {
                let stand_in = LenientHead::new(&unread).into_stand_in();
                return Some(refuse(socket, stand_in, MalformedHead::unfinished()));
            }
        }
    };
    let head = LenientHead::new(&unread[..length]);
    let fault = match head.framing_fault() {
        Some(malformed) => Some(malformed),
        None if head.has_too_many_fields() || length > LONGEST_HEAD => {
            Some(MalformedHead::too_large())
        }
        None if !may_repair => Some(MalformedHead::new("the head cannot be read")),
        None => None,
    };
    if let Some(malformed) = fault {
        return Some(refuse(socket, head.into_stand_in(), malformed));
    }
    let (mut repaired, unreadable) = head.into_repaired();
    repaired.extend_from_slice(&unread[length..]);
    socket.replay(repaired);
    Some(HeadFaults::Repaired(unreadable))
}

/// Refuses HTTP/2 in HTTP/2; `None` if nothing follows its preface.
async fn refuse_http2(socket: &mut Socket, mut input: Vec<u8>) -> Option<HeadFaults> {
    while input.len() <= http2::PREFACE.len() {
        let more = timeout(LONGEST_HTTP2_BEGIN, socket.read_more(&mut input)).await;
        if !more.ok()?.ok()? {
            return None;
        }
    }
    socket.send(http2::SETTINGS.to_vec()).await.ok()?;
    let request = async {
        while first_stream(&input).is_none() && input.len() < MOST_BEFORE_REQUEST {
            if !socket.read_more(&mut input).await.unwrap_or(false) {
                break;
            }
        }
    };
    // Without a request the connection ends with the reason.
    let _ = timeout(LONGEST_HTTP2_WAIT, request).await;
    let stream = first_stream(&input);
    let head = LenientHead::new(http2::PREFACE);
    let malformed = head.request_line_fault()?;
    socket.capture();
    socket.replay_only(head.into_stand_in());
    Some(HeadFaults::Http2(malformed, stream))
}

fn refuse(socket: &mut Socket, stand_in: Vec<u8>, malformed: MalformedHead) -> HeadFaults {
    socket.replay_only(stand_in);
    HeadFaults::Malformed(malformed)
}

/// The router as hyper calls it, for the requests of one connection.
fn service(
    router: TowerToHyperService<Router>,
    way: Way,
    closer: ConnectionCloser,
    state: ConnectionState,
    faults: HeadFaults,
) -> impl Service<Request<Incoming>, Response = Response<AnswerBody>, Error = Infallible, Future: Send>
+ Unpin
+ Send {
    let faults_of_first = Cell::new(faults);
    service_fn(move |mut request: Request<Incoming>| {
        state.begins_answer();
        let malformed = match faults_of_first.take() {
            HeadFaults::Malformed(malformed) | HeadFaults::Http2(malformed, _) => Some(malformed),
            HeadFaults::Repaired(unreadable) => {
                request.extensions_mut().insert(unreadable);
                host_fault(&request)
            }
            HeadFaults::None => host_fault(&request),
        };
        let is_refused = malformed.as_ref().is_some_and(MalformedHead::is_refused);
        let proxy = way.proxy.as_ref().filter(|_| malformed.is_none());
        let unproxied = proxy.and_then(|proxy| proxy.refuse(&mut request));
        let extensions = request.extensions_mut();
        extensions.insert(closer.clone());
        if way.is_tls {
            extensions.insert(WithinTls);
        }
        if let Some(malformed) = malformed {
            extensions.insert(malformed);
        }
        let is_large = is_large(&request);
        let answer = match unproxied {
            Some(refusal) => Either::Left(ready(Ok(refusal))),
            None => Either::Right(router.call(request)),
        };
        let state = state.clone();
        async move {
            let mut answer = if is_large {
                apart(answer).await
            } else {
                answer.await
            }?;
            if answer.status() == StatusCode::RESET_CONTENT {
                // Its head has no length, so only the end of the connection is the end of the answer (RFC 9112, section 6.3).
                answer.headers_mut().insert(CONNECTION, CLOSE);
            }
            if let Some(unread) = answer.extensions_mut().remove::<UnreadBody>() {
                discard(unread, answer.headers_mut());
            }
            if is_refused {
                answer.headers_mut().insert(RETRY_AFTER, RETRY);
            }
            Ok(answer.map(|body| AnswerBody::new(body, state)))
        }
    })
}

/// True if the body of a request is, or may be, so large that reading it would keep others waiting.
fn is_large(request: &Request<Incoming>) -> bool {
    let length = request.body().size_hint();
    length.upper().is_none_or(|most| most >= LARGE_BODY)
}

/// Answers a request on a thread of its own.
async fn apart<A>(answer: impl Future<Output = A> + Send + 'static) -> A
where
    A: Send + 'static,
{
    let runtime = Handle::current();
    let answering = spawn_blocking(move || runtime.block_on(answer));
    match answering.await {
        Ok(answer) => answer,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The process ends.
            Err(_) => std::future::pending().await,
        },
    }
}

/// The reason a request has no valid `Host`. Source: RFC 9112, section 3.2.
fn host_fault(request: &Request<Incoming>) -> Option<MalformedHead> {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if host.as_bytes().iter().copied().all(is_host_byte) => None,
        (None, _) if request.version() == Version::HTTP_10 => None,
        (None, _) => Some(MalformedHead::new("Host is missing")),
        (Some(_), Some(_)) => Some(MalformedHead::new("there is more than one Host")),
        (Some(_), None) => Some(MalformedHead::new("Host is not a host name with a port")),
    }
}

/// True if a byte may be in a host name, an IP address or a port.
fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!$%&'()*+,-.:;=[]_~".contains(&byte)
}

/// Discards the rest of a body after the answer. A client that waits for `100 Continue` sends none; its connection ends.
fn discard(unread: UnreadBody, headers: &mut HeaderMap) {
    if unread.is_announced_only {
        headers.insert(CONNECTION, CLOSE);
    } else {
        tokio::spawn(unread.discard());
    }
}
