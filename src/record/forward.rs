//! The way of a request to its service, and of the answer back.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use futures_util::future::Either as EitherFuture;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::capture::{AtEnd, Capture, PassingBody};
use super::hop;
use super::log::RecordSink;
use super::upstream::{Connector, Upstream};
use crate::corpus::{RawAnswer, RawExchange, RawRequest};
use crate::sim::Millis;
use crate::sim::clock::{Stopwatch, system_now};
use crate::sim::time::millis;

/// The most bytes of a head.
const LONGEST_HEAD: usize = 256 << 10;

type AnswerBody = Either<PassingBody, Full<Bytes>>;

/// The connection to a service that a client's connection has.
#[derive(Default)]
struct Kept(Option<(usize, SendRequest<PassingBody>)>);

/// Forwards the requests of a listener.
pub(super) struct Forwarder {
    pub(super) upstreams: Arc<Vec<Upstream>>,
    /// The place of the service for which it listens.
    pub(super) own: usize,
    pub(super) connector: Connector,
    pub(super) log: RecordSink,
}

/// Serves a connection until it ends, or until the answer after `stop`.
pub(super) async fn serve_connection(
    stream: TcpStream,
    forwarder: Arc<Forwarder>,
    stop: CancellationToken,
) {
    let kept = Arc::new(Mutex::new(Kept::default()));
    let service = service_fn(move |request| {
        let (forwarder, kept) = (Arc::clone(&forwarder), Arc::clone(&kept));
        async move { Ok::<_, Infallible>(forwarder.forward(request, &kept).await) }
    });
    let mut builder = server::Builder::new();
    // Names of headers pass as they were written, and no date is added to an answer that has none.
    builder
        .preserve_header_case(true)
        .auto_date_header(false)
        .max_buf_size(LONGEST_HEAD);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    let stopped = std::pin::pin!(stop.cancelled());
    match futures_util::future::select(connection.as_mut(), stopped).await {
        EitherFuture::Left(_) => {}
        EitherFuture::Right(_) => {
            connection.as_mut().graceful_shutdown();
            // A connection that ends in an error has ended too.
            let _ = connection.await;
        }
    }
}

impl Forwarder {
    async fn forward(
        &self,
        request: Request<Incoming>,
        kept: &Mutex<Kept>,
    ) -> Response<AnswerBody> {
        if request.method() == Method::CONNECT {
            return refusal(
                StatusCode::NOT_IMPLEMENTED,
                "record is no proxy for CONNECT: send the requests to its own address",
            );
        }
        let Some(room) = self.log.room().await else {
            return refusal(StatusCode::SERVICE_UNAVAILABLE, "record is stopping");
        };
        let at = system_now();
        let stopwatch = Stopwatch::start();
        let (mut parts, body) = request.into_parts();
        let place = self.place_of(&parts);
        let upstream = &self.upstreams[place];
        let target = target_of(&parts.uri);
        let sent_headers = parts.headers.clone();
        if let Err(why) = prepare(&mut parts, upstream, &target) {
            return refusal(StatusCode::BAD_REQUEST, &why);
        }
        let method = parts.method.clone();
        let sent = Capture::default();
        let body = PassingBody::new(body, sent.clone(), None);
        let answer = match self
            .send(Request::from_parts(parts, body), place, kept)
            .await
        {
            Ok(answer) => answer,
            Err(why) => {
                self.log.note_broken();
                let url = upstream.url();
                tracing::warn!(%url, "no answer from {url}: {why}");
                return refusal(
                    StatusCode::BAD_GATEWAY,
                    &format!("no answer from {url}: {why}"),
                );
            }
        };
        let (mut parts, body) = answer.into_parts();
        let (status, answer_headers) = (parts.status, parts.headers.clone());
        hop::remove(&mut parts.headers);
        let answered = Capture::default();
        let (log, captured, url) = (self.log.clone(), answered.clone(), upstream.url());
        let at_end: AtEnd = Box::new(move || {
            let request = raw_request(method, target, sent_headers, &sent);
            let (body, length) = captured.take();
            let exchange = RawExchange {
                at,
                took: took(&stopwatch),
                upstream: url,
                request,
                answer: RawAnswer {
                    status,
                    headers: answer_headers,
                    body,
                    length,
                },
            };
            log.add(exchange, room);
        });
        let body = PassingBody::new(body, answered, Some(at_end));
        Response::from_parts(parts, Either::Left(body))
    }

    /// The place of the service that a request is for: the one that its `Host` header or its absolute target names, or
    /// that of the listener.
    fn place_of(&self, parts: &Parts) -> usize {
        let authority = parts
            .uri
            .authority()
            .map(axum::http::uri::Authority::as_str);
        let host = parts
            .headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let named = authority.or(host).and_then(|host| {
            // Several services may have the same host, and the listener decides between them.
            if self.upstreams[self.own].is_named(host) {
                return Some(self.own);
            }
            self.upstreams
                .iter()
                .position(|upstream| upstream.is_named(host))
        });
        named.unwrap_or(self.own)
    }

    /// Sends a request on the kept connection, or on a new one.
    async fn send(
        &self,
        mut request: Request<PassingBody>,
        place: usize,
        kept: &Mutex<Kept>,
    ) -> Result<Response<Incoming>, String> {
        let mut kept = kept.lock().await;
        if let Some((of, mut sender)) = kept.0.take()
            && of == place
            && sender.ready().await.is_ok()
        {
            match sender.try_send_request(request).await {
                Ok(answer) => {
                    kept.0 = Some((place, sender));
                    return Ok(answer);
                }
                // The service has closed the connection meanwhile, and has not seen the request.
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(in_words(&error.into_error())),
                },
            }
        }
        let upstream = &self.upstreams[place];
        let connection = self.connector.connect(upstream).await;
        let connection = connection.map_err(|error| error.to_string())?;
        let mut builder = http1::Builder::new();
        builder
            .preserve_header_case(true)
            .max_buf_size(LONGEST_HEAD);
        let handshake = builder.handshake(TokioIo::new(connection)).await;
        let (mut sender, connection) = handshake.map_err(|error| in_words(&error))?;
        tokio::spawn(async move {
            // An error of the connection is one of its exchange too.
            let _ = connection.await;
        });
        let answer = sender
            .send_request(request)
            .await
            .map_err(|error| in_words(&error))?;
        kept.0 = Some((place, sender));
        Ok(answer)
    }
}

fn took(stopwatch: &Stopwatch) -> Millis {
    millis(stopwatch.elapsed())
}

fn raw_request(method: Method, target: String, headers: HeaderMap, sent: &Capture) -> RawRequest {
    let (body, length) = sent.take();
    RawRequest {
        method,
        target,
        headers,
        body,
        length,
    }
}

/// The path and the query of a request, which may have an absolute target.
fn target_of(uri: &Uri) -> String {
    uri.path_and_query()
        .map_or("/", |target| target.as_str())
        .to_owned()
}

/// Makes the head one for the service.
fn prepare(parts: &mut Parts, upstream: &Upstream, target: &str) -> Result<(), String> {
    let with_base = format!("{}{target}", upstream.base_path);
    parts.uri = with_base
        .parse()
        .map_err(|error| format!("the target cannot be sent: {error}"))?;
    parts.version = axum::http::Version::HTTP_11;
    hop::remove(&mut parts.headers);
    // The host that was signed is the one that is sent. One that nobody has signed names the recorder, which a service
    // elsewhere does not know.
    let is_named = parts
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let is_named = is_named.is_some_and(|host| upstream.is_named(host));
    if !is_named && !upstream.is_local() && !is_signed(&parts.headers) {
        let host = HeaderValue::try_from(&upstream.authority).map_err(|error| error.to_string())?;
        parts.headers.insert(header::HOST, host);
    }
    Ok(())
}

/// True if the request has a signature, which covers its host.
fn is_signed(headers: &HeaderMap) -> bool {
    let authorization = headers.get(header::AUTHORIZATION);
    let authorization = authorization
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    authorization.contains("Signature=")
}

/// An error with its cause.
fn in_words(error: &hyper::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.extend([": ", &error.to_string()]);
        cause = error.source();
    }
    text
}

fn refusal(status: StatusCode, why: &str) -> Response<AnswerBody> {
    let text = format!("release-emulator record: {why}\n");
    let mut response = Response::new(Either::Right(Full::new(text.into())));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}
