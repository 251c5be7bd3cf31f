//! A service that speaks TLS, whose authority a file names.

use std::sync::Arc;

use release_emulator::internals::tls::{Authority, ServerTls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::process::{Process, scratch};
use crate::remote::Remote;

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]";

/// A service of an authority, and its port.
async fn service(authority: &Arc<Authority>) -> u16 {
    let names = ["localhost".to_owned()];
    let any = Box::new(|_: &str| false);
    let tls = ServerTls::of_authority(Arc::clone(authority), &names, any).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust the service ends the handshake.
            let Ok(mut stream) = tls.accept(stream, None).await else {
                continue;
            };
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(ANSWER).await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_with_tls_is_recorded_if_its_authority_is_trusted() {
    let folder = scratch("secure");
    let authority = Arc::new(Authority::new().unwrap());
    let trusted = folder.join("ca.pem");
    std::fs::write(&trusted, authority.pem()).unwrap();
    let stranger = folder.join("other.pem");
    std::fs::write(&stranger, Authority::new().unwrap().pem()).unwrap();
    let upstream = format!("https://localhost:{}", service(&authority).await);
    for (ca, status) in [(&trusted, 200), (&stranger, 502)] {
        let corpus = folder.join(format!("{status}.jsonl"));
        let mut recorder = Process::start(&[
            "record",
            "--port",
            "0",
            "--upstream",
            &upstream,
            "--ca",
            ca.to_str().unwrap(),
            "--out",
            corpus.to_str().unwrap(),
        ]);
        let remote = Remote::at(format!("http://127.0.0.1:{}", recorder.port()));
        let answer = remote.get("/v3/p1/pipeline/pipelines").await;
        assert_eq!(answer.status, status, "{}", answer.text());
        recorder.assert_signal_sent("-INT");
        assert!(recorder.child.wait().unwrap().success());
        let written = std::fs::read_to_string(&corpus).unwrap();
        assert_eq!(written.lines().count(), usize::from(status == 200));
    }
}
