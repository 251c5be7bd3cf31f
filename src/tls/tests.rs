use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Authority, ClientTls, Roots, ServerTls, TlsError, pem, pem_block};

/// A folder of the test's own, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("tls-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.0.join(name);
        std::fs::write(&file, text).unwrap();
        file
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn server(authority: &Arc<Authority>) -> ServerTls {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let may_be_asked = Box::new(|name: &str| name.split('.').next_back() == Some("test"));
    ServerTls::of_authority(Arc::clone(authority), &names, may_be_asked).unwrap()
}

/// The text that a client of the authority's certificate reads from the server under a name.
async fn greet(server: ServerTls, client: &ClientTls, host: &str) -> Result<String, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = async move {
        let (stream, _) = listener.accept().await.unwrap();
        // A client that does not trust the server ends the handshake.
        if let Ok(mut stream) = server.accept(stream, None).await {
            let _ = stream.write_all(b"hello").await;
            let _ = stream.shutdown().await;
        }
    };
    let ask = async {
        let stream = TcpStream::connect(address).await.unwrap();
        let connected = client.connect(host, stream).await;
        let mut stream = connected.map_err(|error| error.to_string())?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        Ok(text)
    };
    tokio::join!(serve, ask).1
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_is_greeted_under_every_name_it_may_ask_for() {
    let folder = Folder::new("names");
    let authority = Arc::new(Authority::new().unwrap());
    let client = ClientTls::new(&Roots::File(folder.write("ca.pem", &authority.pem()))).unwrap();
    for name in ["localhost", "127.0.0.1", "a.test", "A.test", "a.b.test"] {
        let greeted = greet(server(&authority), &client, name).await;
        assert_eq!(greeted.as_deref(), Ok("hello"), "{name}");
    }
    let error = greet(server(&authority), &client, "elsewhere.example").await;
    let error = error.unwrap_err();
    assert!(error.contains("not valid for name"), "{error}");
}

#[tokio::test]
async fn a_client_of_another_authority_trusts_no_server_of_this_one() {
    let folder = Folder::new("trust");
    let (ours, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    let client = ClientTls::new(&Roots::File(folder.write("ca.pem", &other.pem()))).unwrap();
    let error = greet(server(&Arc::new(ours)), &client, "localhost").await;
    let error = error.unwrap_err();
    assert!(error.contains("invalid peer certificate"), "{error}");
}

fn lines(certificate: &Path, key: &Path) -> Vec<String> {
    match ServerTls::from_files(certificate, key) {
        Err(TlsError::Files(lines)) => lines,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_file_that_cannot_be_used_is_named_at_once() {
    let folder = Folder::new("files");
    let empty = folder.write("empty.pem", "");
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let encrypted = folder.write("encrypted.pem", encrypted);
    let both = lines(&folder.0.join("none.pem"), &empty);
    assert_eq!(both.len(), 2, "{both:?}");
    assert!(both[0].contains("none.pem: No such file"), "{both:?}");
    assert!(
        both[1].contains("empty.pem: there is no private key"),
        "{both:?}"
    );
    let both = lines(&empty, &encrypted);
    assert!(
        both[0].contains("empty.pem: there is no certificate"),
        "{both:?}"
    );
    assert!(
        both[1].contains("encrypted.pem: the private key is encrypted"),
        "{both:?}"
    );
}

fn key(key: &rcgen::KeyPair) -> String {
    pem_block("PRIVATE KEY", &key.serialize_der())
}

#[test]
fn the_key_must_be_that_of_the_certificate() {
    let folder = Folder::new("pair");
    let (one, other) = (
        rcgen::KeyPair::generate().unwrap(),
        rcgen::KeyPair::generate().unwrap(),
    );
    let params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&one).unwrap();
    let certificate = folder.write("server.pem", &pem(certificate.der()));
    let own = folder.write("own.pem", &key(&one));
    let wrong = folder.write("wrong.pem", &key(&other));
    assert!(ServerTls::from_files(&certificate, &own).is_ok());
    let lines = lines(&certificate, &wrong);
    assert!(
        lines[0].ends_with("the key is not that of the certificate"),
        "{lines:?}"
    );
}

#[test]
fn a_certificate_in_pem_is_that_of_the_authority() {
    let authority = Authority::new().unwrap();
    assert_eq!(pem(authority.der()), authority.pem());
    let base64 = |der: &[u8]| pem(der).lines().nth(1).unwrap().to_owned();
    assert_eq!(
        [base64(b"a"), base64(b"ab"), base64(b"abc")],
        ["YQ==", "YWI=", "YWJj"]
    );
}

#[test]
fn two_authorities_have_two_names() {
    let (one, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    assert_ne!(one.pem(), other.pem());
    assert!(one.pem().starts_with("-----BEGIN CERTIFICATE-----\n"));
}
