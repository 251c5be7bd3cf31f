//! A connection on which any bytes can be sent, well-formed or not.

use std::fmt::Write;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::emulator::Answer;
use super::step::Step;

/// The longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Connection {
    stream: TcpStream,
    /// Bytes that were read and belong to no answer yet.
    rest: Vec<u8>,
    /// False once the server closes it after an answer.
    pub(crate) is_open: bool,
}

impl Connection {
    pub(crate) async fn open(authority: &str) -> Option<Self> {
        let stream = TcpStream::connect(authority).await.ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Self {
            stream,
            rest: Vec::new(),
            is_open: true,
        })
    }

    /// Sends a request and reads the answer. Nothing is returned if the connection ends first.
    ///
    /// # Panics
    /// If nothing happens for a long time.
    pub(crate) async fn send(&mut self, step: &Step, authority: &str) -> Option<Answer> {
        let answer = timeout(PATIENCE, self.exchange(step, authority)).await;
        answer.unwrap_or_else(|_| panic!("no answer: {}", step.curl(authority)))
    }

    async fn exchange(&mut self, step: &Step, authority: &str) -> Option<Answer> {
        // The server may answer and close before it has read all.
        let _ = self.stream.write_all(&bytes(step, authority)).await;
        if step.cut.is_some() {
            let _ = self.stream.shutdown().await;
            self.is_open = false;
        }
        let (status, headers) = loop {
            match self.head() {
                Some(Ok(head)) => break head,
                Some(Err(())) => return None,
                None => self.read_more().await?,
            }
        };
        let answer = |body| Answer {
            status,
            headers: headers.clone(),
            body,
        };
        let value = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
        if value("content-type") == Some(b"text/event-stream") {
            self.is_open = false;
            return Some(answer(Bytes::new()));
        }
        if value("connection").is_some_and(|value| value.eq_ignore_ascii_case(b"close")) {
            self.is_open = false;
        }
        if step.method == "HEAD" || status == 204 || status == 304 {
            return Some(answer(Bytes::new()));
        }
        let body = if value("transfer-encoding").is_some() {
            self.chunks().await?
        } else if let Some(length) = value("content-length") {
            let length = std::str::from_utf8(length).ok()?.parse().ok()?;
            self.take(length).await?
        } else {
            self.is_open = false;
            while self.read_more().await.is_some() {}
            std::mem::take(&mut self.rest)
        };
        Some(answer(body.into()))
    }

    /// The head of the answer, if it is there.
    fn head(&mut self) -> Option<Result<(u16, HeaderMap), ()>> {
        let mut fields = [httparse::EMPTY_HEADER; 64];
        let mut response = httparse::Response::new(&mut fields);
        let length = match response.parse(&self.rest) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return None,
            Err(_) => return Some(Err(())),
        };
        let status = response.code.expect("a whole head has a status");
        let mut headers = HeaderMap::new();
        for field in response.headers {
            let name = HeaderName::from_bytes(field.name.as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(field.value)) {
                headers.append(name, value);
            }
        }
        self.rest.drain(..length);
        if status == 100 {
            return self.head();
        }
        Some(Ok((status, headers)))
    }

    async fn chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line().await?;
            let length = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
            body.extend(self.take(length).await?);
            self.line().await?;
            if length == 0 {
                return Some(body);
            }
        }
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.rest.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.rest.drain(..end + 2).collect();
                return String::from_utf8(line).ok();
            }
            self.read_more().await?;
        }
    }

    async fn take(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.rest.len() < length {
            self.read_more().await?;
        }
        Some(self.rest.drain(..length).collect())
    }

    async fn read_more(&mut self) -> Option<()> {
        let n_read = self.stream.read_buf(&mut self.rest).await.ok()?;
        (n_read > 0).then_some(())
    }
}

fn bytes(step: &Step, authority: &str) -> Vec<u8> {
    let mut head = format!("{} {} HTTP/1.1\r\n", step.method, step.target);
    let has = |name: &str| {
        let mut names = step.headers.iter().map(|(name, _)| name);
        names.any(|known| known.eq_ignore_ascii_case(name))
    };
    if !has("host") {
        let _ = write!(head, "host: {authority}\r\n");
    }
    if let Some(body) = &step.body
        && !has("content-length")
        && !has("transfer-encoding")
    {
        let _ = write!(head, "content-length: {}\r\n", body.len());
    }
    for (name, value) in &step.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    let body = step.body.as_deref().unwrap_or_default();
    let body = &body[..step.cut.unwrap_or(body.len()).min(body.len())];
    [head.as_bytes(), body].concat()
}
