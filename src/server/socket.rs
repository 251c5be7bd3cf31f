//! The socket of a connection, as hyper reads and writes it.
//!
//! Hyper answers a head that it cannot read with an empty 400, 414 or 431. This wrapper holds that answer back and keeps
//! what was read, so that the server can repair the head or refuse it in the words of a family.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::time::timeout;

use super::transport::Transport;
use super::watch::ConnectionState;

/// The size of the record. Its older half is forgotten when it is full.
const RECORD: usize = 16 << 10;

/// The least room for a read, after which the older half of the record is forgotten.
const LEAST_ROOM: usize = 4 << 10;

/// The longest answer of hyper's own, with its status line and three headers.
const LONGEST_OWN_ANSWER: usize = 160;

/// The limits up to which the input after a refusal is discarded, so that a client which writes before it reads gets the
/// refusal instead of a broken connection.
const LINGER: (u64, Duration) = (64 << 20, Duration::from_secs(5));

pub(super) struct Socket {
    stream: TokioIo<Transport>,
    state: ConnectionState,
    /// The input to read again before that of the stream.
    replay: Bytes,
    /// True if nothing is read after the replay.
    is_cut: bool,
    /// The latest input, up to `recorded`.
    record: Box<[u8]>,
    recorded: usize,
    /// The status of hyper's own answer, which was not sent.
    withheld: Option<u16>,
    /// The rest of a head that is sent in place of hyper's.
    outgoing: Bytes,
    has_answered: bool,
    /// The output of hyper, while it is held back.
    captured: Option<Vec<u8>>,
}

impl Socket {
    pub(super) fn new(stream: Transport, state: ConnectionState) -> Self {
        Self {
            stream: TokioIo::new(stream),
            state,
            replay: Bytes::new(),
            is_cut: false,
            record: vec![0; RECORD].into(),
            recorded: 0,
            withheld: None,
            outgoing: Bytes::new(),
            has_answered: false,
            captured: None,
        }
    }

    /// The latest input: the whole of it, or at least its last 8 KiB.
    pub(super) fn record(&self) -> &[u8] {
        &self.record[..self.recorded]
    }

    /// Takes the status of the answer that hyper would have sent.
    pub(super) fn take_withheld(&mut self) -> Option<u16> {
        self.withheld.take()
    }

    /// True if an answer was sent since the last replay.
    pub(super) fn has_answered(&self) -> bool {
        self.has_answered
    }

    /// Reads `input` next, and then the stream.
    pub(super) fn replay(&mut self, input: Vec<u8>) {
        self.replay = input.into();
        self.has_answered = false;
    }

    /// Reads `input` next, and nothing after it.
    pub(super) fn replay_only(&mut self, input: Vec<u8>) {
        self.replay(input);
        self.is_cut = true;
    }

    /// Holds back everything that hyper writes from now on.
    pub(super) fn capture(&mut self) {
        self.captured = Some(Vec::new());
    }

    /// Takes the output that was held back; `None` if none was to be.
    pub(super) fn take_captured(&mut self) -> Option<Vec<u8>> {
        self.captured.take()
    }

    /// Sends bytes past hyper.
    pub(super) async fn send(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        self.outgoing = bytes.into();
        poll_fn(|context| {
            ready!(self.poll_outgoing(context))?;
            Pin::new(&mut self.stream).poll_flush(context)
        })
        .await
    }

    /// Appends the next input of the stream; returns false at its end.
    pub(super) async fn read_more(&mut self, input: &mut Vec<u8>) -> io::Result<bool> {
        let before = input.len();
        poll_fn(|context| {
            let read = self.poll_record(context, RECORD);
            read.map_ok(|read| input.extend_from_slice(read))
        })
        .await?;
        Ok(input.len() > before)
    }

    /// Closes the connection together with what the client has not accepted, which the system would go on sending.
    pub(super) fn reset(self) {
        // Without the option the system has the output for a while longer.
        let _ = SockRef::from(self.stream.inner().tcp()).set_linger(Some(Duration::ZERO));
    }

    /// Discards input until the client closes the connection.
    pub(super) async fn linger(&mut self) {
        let (most, longest) = LINGER;
        let discard = async {
            let mut n_read = 0;
            while n_read < most {
                let read = poll_fn(|context| {
                    let read = self.poll_record(context, RECORD);
                    read.map_ok(<[u8]>::len)
                });
                match read.await {
                    Ok(n) if n > 0 => n_read += n as u64,
                    _ => break,
                }
            }
        };
        // The refusal was sent, so it does not matter how this ends.
        let _ = timeout(longest, discard).await;
    }

    /// Reads up to `most` bytes from the stream into the record, and returns them.
    fn poll_record(&mut self, context: &mut Context<'_>, most: usize) -> Poll<io::Result<&[u8]>> {
        if RECORD - self.recorded < LEAST_ROOM {
            self.record
                .copy_within(self.recorded - RECORD / 2..self.recorded, 0);
            self.recorded = RECORD / 2;
        }
        let from = self.recorded;
        let to = RECORD.min(from.saturating_add(most));
        let mut room = ReadBuf::new(&mut self.record[from..to]);
        ready!(Pin::new(&mut self.stream).poll_read(context, room.unfilled()))?;
        let n = room.filled().len();
        if n > 0 {
            self.state.has_received();
        }
        self.recorded += n;
        Poll::Ready(Ok(&self.record[from..self.recorded]))
    }

    /// Holds back what hyper writes if it is an answer of its own. All others have a request id.
    fn withholds(&mut self, written: &[u8]) -> bool {
        if written.len() > LONGEST_OWN_ANSWER
            || !written.starts_with(b"HTTP/1.")
            || !written.ends_with(b"\r\n\r\n")
            || written.get(9) != Some(&b'4')
        {
            self.has_answered = true;
            return false;
        }
        let head = String::from_utf8_lossy(written);
        let status = head.get(9..12).and_then(|status| status.parse().ok());
        if head.to_ascii_lowercase().contains("\r\nx-request-id:") {
            self.has_answered = true;
            return false;
        }
        self.withheld = status;
        true
    }

    fn poll_send(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.state.has_written(written.is_pending());
        written
    }

    /// Sends the rest of a head that stands for hyper's.
    fn poll_outgoing(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.is_empty() {
            let mut outgoing = std::mem::take(&mut self.outgoing);
            let written = self.poll_send(context, &outgoing);
            let n = match &written {
                Poll::Ready(Ok(n)) => *n,
                _ => 0,
            };
            let _ = outgoing.split_to(n);
            self.outgoing = outgoing;
            if ready!(written)? == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Read for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let socket = self.get_mut();
        if !socket.replay.is_empty() {
            let n = socket.replay.len().min(buffer.remaining());
            buffer.put_slice(&socket.replay.split_to(n));
            return Poll::Ready(Ok(()));
        }
        if socket.is_cut {
            return Poll::Pending;
        }
        let read = ready!(socket.poll_record(context, buffer.remaining()))?;
        buffer.put_slice(read);
        Poll::Ready(Ok(()))
    }
}

impl Write for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let socket = self.get_mut();
        if let Some(captured) = &mut socket.captured {
            captured.extend_from_slice(bytes);
            return Poll::Ready(Ok(bytes.len()));
        }
        ready!(socket.poll_outgoing(context))?;
        if socket.withholds(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        if let Some(head) = without_length(bytes) {
            socket.outgoing = head.into();
            return Poll::Ready(Ok(bytes.len()));
        }
        socket.poll_send(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // An answer of hyper's own has no body, nor has one without a length.
        if let [only] = slices {
            return self.poll_write(context, only);
        }
        let socket = self.get_mut();
        if let Some(captured) = &mut socket.captured {
            let before = captured.len();
            for slice in slices {
                captured.extend_from_slice(slice);
            }
            return Poll::Ready(Ok(captured.len() - before));
        }
        ready!(socket.poll_outgoing(context))?;
        socket.has_answered = true;
        let written = Pin::new(&mut socket.stream).poll_write_vectored(context, slices);
        socket.state.has_written(written.is_pending());
        written
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let socket = self.get_mut();
        ready!(socket.poll_outgoing(context))?;
        Pin::new(&mut socket.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let socket = self.get_mut();
        // The connection goes on with the answer in place of hyper's own.
        if socket.withheld.is_some() || socket.captured.is_some() {
            return Poll::Ready(Ok(()));
        }
        ready!(socket.poll_outgoing(context))?;
        Pin::new(&mut socket.stream).poll_shutdown(context)
    }
}

/// The head of an answer 205 without the length 0 that hyper declares; `None` for any other answer.
fn without_length(head: &[u8]) -> Option<Vec<u8>> {
    const LENGTH: &[u8] = b"\r\ncontent-length: 0";
    let status = head.strip_prefix(b"HTTP/1.")?.get(1..5)?;
    if status != b" 205" {
        return None;
    }
    let mut windows = head.windows(LENGTH.len());
    let begin = windows.position(|window| window.eq_ignore_ascii_case(LENGTH))?;
    let (before, rest) = head.split_at(begin);
    Some([before, &rest[LENGTH.len()..]].concat())
}
