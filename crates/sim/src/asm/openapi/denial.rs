//! Why the cloud says no: a status, a code, and a sentence (§7.6).

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

/// An answer that says no. Codes without a source are inferred from the gateway's usual ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Denial {
    pub(super) status: StatusCode,
    pub(super) code: String,
    pub(super) message: String,
    /// `TimeLeft` in milliseconds, for the rate limit headers.
    pub(super) time_left: Option<u128>,
}

impl Denial {
    fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), time_left: None }
    }

    /// A request that cannot be understood.
    pub(super) fn bad(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// A parameter that must be there is not.
    pub(super) fn missing(parameter: &str) -> Self {
        let message = format!("{parameter} is mandatory for this action.");
        Self::bad(&format!("Missing{parameter}"), message)
    }

    /// A parameter that is there is wrong.
    pub(super) fn invalid(parameter: &str, why: &str) -> Self {
        let message = format!("The specified parameter {parameter} is not valid: {why}");
        Self::bad(&format!("InvalidParameter.{parameter}"), message)
    }

    /// What is asked for is not there.
    pub(super) fn not_found(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// The user may not.
    pub(super) fn forbidden_by_ram(action: &str) -> Self {
        let message = format!("User not authorized to operate servicemesh:{action}.");
        Self::new(StatusCode::FORBIDDEN, "Forbidden.RAM", message)
    }

    /// The state of the instance does not allow it.
    pub(super) fn state(why: &str) -> Self {
        let message = format!("The status of the ASM instance forbids this operation: {why}");
        Self::new(StatusCode::FORBIDDEN, "StatusForbidden", message)
    }

    /// The target is another version than expected.
    pub(super) fn not_expected(expected: &str, target: &str) -> Self {
        let message = format!(
            "The version to be upgraded to is {target}, which is not the expected {expected}."
        );
        Self::bad("UpgradedVersion.NotExpected", message)
    }

    /// The precheck has found something. Code and text are the simulator's own (§14.2, 2).
    pub(super) fn precheck(why: &str) -> Self {
        Self::bad("UpgradePreCheck.NotPassed", format!("The upgrade precheck failed: {why}"))
    }

    /// Too many requests.
    pub(super) fn throttled(time_left: Option<Duration>) -> Self {
        let message = "Request was denied due to user flow control.";
        let time_left = time_left.map(|left| left.as_millis());
        Self { time_left, ..Self::bad("Throttling.User", message) }
    }

    /// An answer that a test ordered by its status.
    pub(super) fn ordered(status: StatusCode) -> Self {
        let (code, message) = match status {
            StatusCode::SERVICE_UNAVAILABLE => (
                "ServiceUnavailable",
                "The request has failed due to a temporary failure of the server.",
            ),
            StatusCode::FORBIDDEN => ("403", "You have no permission to operate this instance."),
            StatusCode::NOT_FOUND => ("ERR404", "Not found"),
            _ => ("ERR500", "An internal server error occurred."),
        };
        Self::new(status, code, message)
    }

    /// The body of the answer.
    pub(super) fn body(&self, request_id: &str) -> Value {
        json!({
            "RequestId": request_id,
            "HostId": super::HOST,
            "Code": self.code,
            "Message": self.message,
        })
    }
}
