//! Whether something speaks TLS behind a stream. Entry point: [`answers`].
//!
//! Nothing is sent that would need protection, and the peer's identity decides nothing: the API
//! server checks the certificate when it calls the webhook. So any certificate will do.

use std::io;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Shakes hands. True when the peer went through with it.
pub(super) async fn answers(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> bool {
    match shake_hands(&mut stream).await {
        Ok(()) => true,
        Err(error) => {
            tracing::debug!(%error, "no TLS handshake");
            false
        }
    }
}

async fn shake_hands(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<()> {
    let mut session = session().map_err(io::Error::other)?;
    let mut buffer = vec![0; 16 * 1024];
    while session.is_handshaking() {
        let mut out = Vec::new();
        while session.wants_write() {
            session.write_tls(&mut out)?;
        }
        stream.write_all(&out).await?;
        stream.flush().await?;
        if !session.is_handshaking() {
            break;
        }
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut input = buffer.get(..read).unwrap_or_default();
        while !input.is_empty() {
            session.read_tls(&mut input)?;
            session.process_new_packets().map_err(io::Error::other)?;
        }
    }
    Ok(())
}

fn session() -> Result<ClientConnection, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone(provider)))
        .with_no_client_auth();
    let name = ServerName::try_from("istiod").map_err(|_| rustls::Error::DecryptError)?;
    ClientConnection::new(Arc::new(config), name)
}

/// Takes any certificate.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use rustls::ServerConnection;
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use tokio::io::DuplexStream;

    use super::*;

    #[tokio::test]
    async fn a_server_of_any_certificate_answers() {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let served = tokio::spawn(serve(theirs));
        assert!(answers(ours).await, "the handshake went through");
        drop(served.await);
    }

    #[tokio::test]
    async fn silence_and_plain_text_are_no_answer() {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        drop(theirs);
        assert!(!answers(ours).await, "nobody listens");

        let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
        theirs.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        assert!(!answers(ours).await, "it does not speak TLS");
    }

    async fn serve(mut stream: DuplexStream) -> io::Result<()> {
        let key = rcgen::generate_simple_self_signed(["anyone.invalid".to_owned()]).unwrap();
        let private =
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![key.cert.der().clone()], private)
            .unwrap();
        let mut session = ServerConnection::new(Arc::new(config)).unwrap();
        let mut buffer = vec![0; 16 * 1024];
        while session.is_handshaking() {
            let read = stream.read(&mut buffer).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut input = &buffer[..read];
            while !input.is_empty() {
                session.read_tls(&mut input)?;
                session.process_new_packets().map_err(io::Error::other)?;
            }
            let mut out = Vec::new();
            while session.wants_write() {
                session.write_tls(&mut out)?;
            }
            stream.write_all(&out).await?;
        }
        Ok(())
    }
}
