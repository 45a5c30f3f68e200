//! Says that a client certificate has expired. API servers do not: they answer 401 as to any stranger.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use kube::config::AuthInfo;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::ConnectError;
use crate::calls::CallError;
use crate::contexts::Context;

/// Replaces "not accepted" by "expired" where that is the reason.
pub(super) fn explain(error: ConnectError, context: &Context) -> ConnectError {
    let ConnectError::Call { context: name, source: CallError::Unauthorized { address } } = error
    else {
        return error;
    };
    let ended = context
        .access
        .user
        .as_ref()
        .and_then(client_certificate)
        .and_then(|der| not_after(&der))
        .filter(|end| *end < Timestamp::now());
    let source = match ended {
        Some(end) => CallError::CertificateExpired {
            certificate: format!(
                "the client certificate of user `{}`, valid until {},",
                context.user,
                end.to_zoned(TimeZone::UTC).date()
            ),
        },
        None => CallError::Unauthorized { address },
    };
    ConnectError::Call { context: name, source }
}

fn client_certificate(user: &AuthInfo) -> Option<CertificateDer<'static>> {
    let pem = match (&user.client_certificate_data, &user.client_certificate) {
        (Some(data), _) => STANDARD.decode(data).ok()?,
        (None, Some(file)) => std::fs::read(file).ok()?,
        (None, None) => return None,
    };
    CertificateDer::from_pem_slice(&pem).ok()
}

/// The end of a certificate's validity: the second time in `Certificate.tbsCertificate.validity`.
pub(crate) fn not_after(certificate: &[u8]) -> Option<Timestamp> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut rest, _) = element(certificate)?;
    // An explicit version comes first, unless it is the first version.
    if let (VERSION, _, after) = element(rest)? {
        rest = after;
    }
    // Serial number, signature algorithm, issuer.
    for _ in 0..3 {
        rest = element(rest)?.2;
    }
    let (_, validity, _) = element(rest)?;
    let (_, _, after_start) = element(validity)?;
    let (tag, end, _) = element(after_start)?;
    time(tag, std::str::from_utf8(end).ok()?)
}

const VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Tag and content of the first DER element, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
        let length = bytes
            .iter()
            .try_fold(0usize, |sum, byte| sum.checked_mul(256)?.checked_add(usize::from(*byte)))?;
        (length, rest)
    };
    let (content, after) = rest.split_at_checked(length)?;
    Some((tag, content, after))
}

fn time(tag: u8, text: &str) -> Option<Timestamp> {
    let full = match tag {
        // Two digits of a year: from 1950 to 2049.
        UTC_TIME if text.get(..2)? < "50" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let moment = DateTime::strptime("%Y%m%d%H%M%SZ", full).ok()?;
    moment.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_when_a_certificate_ends() {
        let key = rcgen::KeyPair::generate().unwrap();
        for (year, end) in [(2021, "2021-03-04T00:00:00Z"), (2075, "2075-03-04T00:00:00Z")] {
            let mut params = rcgen::CertificateParams::new(vec!["someone".into()]).unwrap();
            params.not_after = rcgen::date_time_ymd(year, 3, 4);
            let certificate = params.self_signed(&key).unwrap();

            let found = not_after(certificate.der()).unwrap();

            assert_eq!(found, end.parse().unwrap(), "before and after 2049 the encoding differs");
        }
    }

    #[test]
    fn survives_what_is_no_certificate() {
        for bytes in [&b""[..], b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x30\x01\x05"] {
            assert_eq!(not_after(bytes), None);
        }
    }
}
