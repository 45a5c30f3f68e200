//! From what the API says when it says no, to an error. Codes: asm.md §7.6.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use super::{AsmError, Reply};
use crate::provider::asm::operation::Operation;
use crate::provider::asm::throttle;

/// Longest piece of the API's own words that is passed on, in characters.
const WORDS: usize = 400;

/// The body of a refusal. The official SDK also takes the keys in small letters.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    #[serde(rename = "Code", alias = "code", deserialize_with = "text")]
    code: String,
    #[serde(rename = "Message", alias = "message", deserialize_with = "text")]
    message: String,
    #[serde(
        rename = "RequestId",
        alias = "requestId",
        alias = "request_id",
        deserialize_with = "text"
    )]
    request_id: String,
}

/// What a refusal means. `scrub` takes keys and tokens out of the API's words, which may quote what
/// was sent.
pub(in crate::provider::asm) fn answered(
    operation: Operation,
    host: &str,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    scrub: impl Fn(&str) -> String,
) -> AsmError {
    let request_id = header_text(headers, "x-acs-request-id");
    let Ok(said) = serde_json::from_slice::<Body>(body) else {
        let reply = Reply {
            operation,
            status: status.as_u16(),
            code: String::new(),
            message: String::new(),
            request_id,
        };
        return without_words(host, status, headers, reply);
    };
    let reply = Reply {
        operation,
        status: status.as_u16(),
        message: one_line(&scrub(&said.message)),
        code: one_line(&scrub(&said.code)),
        request_id: if said.request_id.is_empty() {
            request_id
        } else {
            one_line(&said.request_id)
        },
    };
    by_code(status, headers, reply)
}

/// A status whose body is not the API's: something on the way answered, or the service is down.
fn without_words(host: &str, status: StatusCode, headers: &HeaderMap, reply: Reply) -> AsmError {
    if status == StatusCode::TOO_MANY_REQUESTS {
        return AsmError::Throttled { retry_after: throttle::asked(headers), reply };
    }
    if status.is_server_error() {
        return AsmError::Unavailable(reply);
    }
    AsmError::NotTheApi {
        operation: reply.operation,
        host: host.to_owned(),
        status: reply.status,
        what: content_type(headers),
        request_id: reply.request_id,
    }
}

fn by_code(status: StatusCode, headers: &HeaderMap, reply: Reply) -> AsmError {
    match reply.code.as_str() {
        "UpgradedVersion.NotExpected" => AsmError::VersionNotExpected(reply),
        "NameAlreadyExist" => AsmError::NameTaken(reply),
        "InvalidActiveState.ACK" | "StillInitializing" => AsmError::NotReady(reply),
        "RelatedResourceReused" | "ErrorPermitted.ClustersNotEmpty" => AsmError::InUse(reply),
        "ERR404" | "ServiceMesh.NotFound" => AsmError::NotFound(reply),
        "StatusForbidden" | "403" => AsmError::Forbidden(reply),
        "ERR500" => AsmError::Server(reply),
        "ServiceUnavailable" | "503" => AsmError::Unavailable(reply),
        // Quotes the whole signed request, token included, so its words are not kept.
        "SignatureDoesNotMatch" | "IncompleteSignature" => {
            AsmError::WrongSecret(Reply { message: String::new(), ..reply })
        }
        "SignatureNonceUsed" => AsmError::ArrivedTwice(reply),
        "InvalidSecurityToken.Expired" => AsmError::ExpiredToken(reply),
        "IllegalTimestamp" => skewed(headers, reply),
        code => match code.split('.').next().unwrap_or_default() {
            "Throttling" => throttled(headers, reply),
            "Rejected" if code == "Rejected.Throttling" => throttled(headers, reply),
            "InvalidAccessKeyId" => AsmError::UnknownKey(reply),
            "InvalidSecurityToken" => AsmError::InvalidToken(reply),
            "InvalidTimeStamp" => skewed(headers, reply),
            "Forbidden" | "NoPermission" => AsmError::Forbidden(reply),
            _ if names_a_lock(code) => AsmError::Locked(reply),
            _ => by_status(status, headers, reply),
        },
    }
}

fn by_status(status: StatusCode, headers: &HeaderMap, reply: Reply) -> AsmError {
    match status {
        StatusCode::FORBIDDEN => AsmError::Forbidden(reply),
        StatusCode::NOT_FOUND => AsmError::NotFound(reply),
        StatusCode::TOO_MANY_REQUESTS => throttled(headers, reply),
        StatusCode::SERVICE_UNAVAILABLE => AsmError::Unavailable(reply),
        status if status.is_server_error() => AsmError::Server(reply),
        _ => AsmError::Rejected(reply),
    }
}

/// No page names the code of a locked instance (asm.md §14.2 asks for a real account), so any code
/// counts that has the word `Lock` or `Locked` in it.
fn names_a_lock(code: &str) -> bool {
    ["Lock", "Locked"].iter().any(|word| {
        code.match_indices(word).any(|(at, _)| {
            let rest = &code[at + word.len()..];
            !rest.starts_with(|c: char| c.is_ascii_lowercase())
        })
    })
}

fn throttled(headers: &HeaderMap, reply: Reply) -> AsmError {
    AsmError::Throttled { retry_after: throttle::asked(headers), reply }
}

/// The server's own time is in its header `Date`.
fn skewed(headers: &HeaderMap, reply: Reply) -> AsmError {
    let server = headers
        .get(header::DATE)
        .and_then(|date| date.to_str().ok())
        .and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    let ahead = server.map(|at| jiff::Timestamp::now().as_second() - at.timestamp().as_second());
    AsmError::ClockSkew { ahead, reply }
}

/// What came instead of JSON, in words.
pub(in crate::provider::asm) fn content_type(headers: &HeaderMap) -> String {
    match header_text(headers, header::CONTENT_TYPE.as_str()).as_str() {
        "" => "an untyped body".to_owned(),
        kind => one_line(kind),
    }
}

pub(in crate::provider::asm) fn header_text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn one_line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().filter(|c| !c.is_control()).take(WORDS).collect()
}

fn text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    use serde_json::Value;
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    })
}

/// A refusal that arrives with status 200, as `DescribeServiceMeshProxyStatus` does it.
pub(in crate::provider::asm) fn within(
    operation: Operation,
    code: &str,
    message: &str,
    request_id: &str,
) -> AsmError {
    let status = code.parse().ok().and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.unwrap_or(StatusCode::BAD_REQUEST);
    let reply = Reply {
        operation,
        status: status.as_u16(),
        code: one_line(code),
        message: one_line(message),
        request_id: one_line(request_id),
    };
    by_code(status, &HeaderMap::new(), reply)
}

/// Longest time that a service may ask for; more is a mistake.
pub(in crate::provider::asm) const LONGEST: Duration = Duration::from_mins(10);

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn error(status: u16, body: &str) -> AsmError {
        answered(
            Operation::DescribeServiceMeshDetail,
            "servicemesh.aliyuncs.com",
            StatusCode::from_u16(status).unwrap(),
            &HeaderMap::new(),
            body.as_bytes(),
            str::to_owned,
        )
    }

    fn coded(status: u16, code: &str) -> AsmError {
        error(status, &format!(r#"{{"Code":"{code}","Message":"Words.","RequestId":"R-1"}}"#))
    }

    #[rstest]
    #[case::version(400, "UpgradedVersion.NotExpected", |e: &AsmError| matches!(e, AsmError::VersionNotExpected(_)))]
    #[case::err404(404, "ERR404", |e: &AsmError| matches!(e, AsmError::NotFound(_)))]
    #[case::not_found(404, "ServiceMesh.NotFound", |e: &AsmError| matches!(e, AsmError::NotFound(_)))]
    #[case::err500(500, "ERR500", |e: &AsmError| matches!(e, AsmError::Server(_)))]
    #[case::rbac(403, "StatusForbidden", |e: &AsmError| matches!(e, AsmError::Forbidden(_)))]
    #[case::number(403, "403", |e: &AsmError| matches!(e, AsmError::Forbidden(_)))]
    #[case::ram(403, "Forbidden.RAM", |e: &AsmError| matches!(e, AsmError::Forbidden(_)))]
    #[case::permission(403, "NoPermission", |e: &AsmError| matches!(e, AsmError::Forbidden(_)))]
    #[case::name(400, "NameAlreadyExist", |e: &AsmError| matches!(e, AsmError::NameTaken(_)))]
    #[case::inactive(400, "InvalidActiveState.ACK", |e: &AsmError| matches!(e, AsmError::NotReady(_)))]
    #[case::initializing(400, "StillInitializing", |e: &AsmError| matches!(e, AsmError::NotReady(_)))]
    #[case::reused(400, "RelatedResourceReused", |e: &AsmError| matches!(e, AsmError::InUse(_)))]
    #[case::clusters(400, "ErrorPermitted.ClustersNotEmpty", |e: &AsmError| matches!(e, AsmError::InUse(_)))]
    #[case::throttling(400, "Throttling", |e: &AsmError| matches!(e, AsmError::Throttled { .. }))]
    #[case::throttled_user(400, "Throttling.User", |e: &AsmError| matches!(e, AsmError::Throttled { .. }))]
    #[case::throttled_api(400, "Throttling.Api", |e: &AsmError| matches!(e, AsmError::Throttled { .. }))]
    #[case::rejected(400, "Rejected.Throttling", |e: &AsmError| matches!(e, AsmError::Throttled { .. }))]
    #[case::too_many(429, "", |e: &AsmError| matches!(e, AsmError::Throttled { .. }))]
    #[case::unavailable(503, "ServiceUnavailable", |e: &AsmError| matches!(e, AsmError::Unavailable(_)))]
    #[case::key(404, "InvalidAccessKeyId.NotFound", |e: &AsmError| matches!(e, AsmError::UnknownKey(_)))]
    #[case::inactive_key(403, "InvalidAccessKeyId.Inactive", |e: &AsmError| matches!(e, AsmError::UnknownKey(_)))]
    #[case::signature(400, "SignatureDoesNotMatch", |e: &AsmError| matches!(e, AsmError::WrongSecret(_)))]
    #[case::expired(400, "InvalidSecurityToken.Expired", |e: &AsmError| matches!(e, AsmError::ExpiredToken(_)))]
    #[case::malformed(400, "InvalidSecurityToken.Malformed", |e: &AsmError| matches!(e, AsmError::InvalidToken(_)))]
    #[case::clock(400, "IllegalTimestamp", |e: &AsmError| matches!(e, AsmError::ClockSkew { .. }))]
    #[case::old_clock(400, "InvalidTimeStamp.Expired", |e: &AsmError| matches!(e, AsmError::ClockSkew { .. }))]
    #[case::nonce(400, "SignatureNonceUsed", |e: &AsmError| matches!(e, AsmError::ArrivedTwice(_)))]
    #[case::locked(403, "OperationDenied.InstanceLocked", |e: &AsmError| matches!(e, AsmError::Locked(_)))]
    #[case::lock_in_front(400, "Locked", |e: &AsmError| matches!(e, AsmError::Locked(_)))]
    #[case::no_lock(400, "InvalidLocker", |e: &AsmError| matches!(e, AsmError::Rejected(_)))]
    #[case::unknown(400, "SomethingNew", |e: &AsmError| matches!(e, AsmError::Rejected(_)))]
    #[case::unknown_failure(502, "SomethingNew", |e: &AsmError| matches!(e, AsmError::Server(_)))]
    fn a_code_has_its_group(
        #[case] status: u16,
        #[case] code: &str,
        #[case] is_it: fn(&AsmError) -> bool,
    ) {
        let error = coded(status, code);

        assert!(is_it(&error), "{code} became {error:?}");
        assert!(error.to_string().contains("request id R-1"), "{error}");
        assert!(!error.to_string().contains('\n'), "one sentence: {error}");
    }

    #[test]
    fn small_letters_are_read_too() {
        let error = error(404, r#"{"code":"ERR404","message":"Not found","requestId":"R-2"}"#);

        assert_eq!(
            error.to_string(),
            "Alibaba Cloud does not know the instance or the object: Not found \
             (DescribeServiceMeshDetail, ERR404, request id R-2)"
        );
    }

    #[test]
    fn the_words_of_a_refused_signature_are_not_kept() {
        let body = r#"{"Code":"SignatureDoesNotMatch","Message":"server string to sign is: POST x","RequestId":"R"}"#;

        let error = error(400, body);

        assert!(!format!("{error:?}{error}").contains("string to sign"), "{error:?}");
    }

    #[test]
    fn a_page_of_a_proxy_is_not_the_api() {
        let page = error(403, "<html>sign in</html>");
        let down = error(502, "<html>bad gateway</html>");

        assert!(matches!(page, AsmError::NotTheApi { status: 403, .. }), "{page:?}");
        assert!(matches!(down, AsmError::Unavailable(_)), "{down:?}");
    }
}
