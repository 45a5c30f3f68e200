//! Why the API server refuses: a `Status` in the words of the real one.

use http::StatusCode;
use serde_json::{Value, json};

use crate::resources::Resource;

/// A `Status` that says no.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    /// HTTP status.
    pub(crate) code: StatusCode,
    /// `reason`.
    pub(crate) reason: &'static str,
    /// `message`.
    pub(crate) message: String,
    /// `details`.
    pub(crate) details: Value,
}

impl Refusal {
    fn new(code: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: Value::Null }
    }

    fn about(mut self, resource: &Resource, name: &str) -> Self {
        self.details = json!({ "name": name, "group": resource.group, "kind": resource.plural });
        self
    }

    /// 400.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// 404 of an object.
    pub(crate) fn not_found(resource: &Resource, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", resource.id);
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).about(resource, name)
    }

    /// 404 of a path.
    pub(crate) fn no_such_resource() -> Self {
        let message = "the server could not find the requested resource";
        Self { details: json!({}), ..Self::new(StatusCode::NOT_FOUND, "NotFound", message) }
    }

    /// 405.
    pub(crate) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
    }

    /// 406.
    pub(crate) fn not_acceptable() -> Self {
        let message = "only the following media types are accepted: application/json";
        Self::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", message)
    }

    /// 415.
    pub(crate) fn unsupported_media_type(found: &str) -> Self {
        let message = format!(
            "the body of the request was in an unknown format ({found}) - accepted media types \
             include: application/json-patch+json, application/merge-patch+json, \
             application/strategic-merge-patch+json"
        );
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
    }

    /// 409 of a create.
    pub(crate) fn already_exists(resource: &Resource, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", resource.id);
        Self::new(StatusCode::CONFLICT, "AlreadyExists", message).about(resource, name)
    }

    /// 409 of a write whose precondition does not hold.
    pub(crate) fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", resource.id);
        Self::new(StatusCode::CONFLICT, "Conflict", message).about(resource, name)
    }

    /// 409 of a write on an object that somebody else changed.
    pub(crate) fn modified(resource: &Resource, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version \
                   and try again";
        Self::conflict(resource, name, why)
    }

    /// 409 of a write that names another UID.
    pub(crate) fn other_uid(resource: &Resource, name: &str, asked: &str, found: &str) -> Self {
        let why = format!(
            "Precondition failed: UID in precondition: {asked}, UID in object meta: {found}"
        );
        Self::conflict(resource, name, &why)
    }

    /// 410 of a watch or a continue token.
    pub(crate) fn expired(message: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, "Expired", message)
    }

    /// 422 of a field.
    pub(crate) fn invalid(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!("{} \"{name}\" is invalid: {why}", resource.kind);
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message).about(resource, name)
    }

    /// 422 of a JSON patch that does not apply.
    pub(crate) fn patch_does_not_apply() -> Self {
        let message = "the server rejected our request due to an error in our request";
        let mut refusal = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message);
        refusal.details = json!({});
        refusal
    }

    /// 403 of an access check.
    pub(crate) fn forbidden(user: &str, verb: &str, asked: &Asked<'_>) -> Self {
        let scope = match asked.namespace {
            "" => "at the cluster scope".to_owned(),
            namespace => format!("in the namespace \"{namespace}\""),
        };
        let subject = match asked.name {
            "" => asked.resource.id.to_string(),
            name => format!("{} \"{name}\"", asked.resource.id),
        };
        let message = format!(
            "{subject} is forbidden: User \"{user}\" cannot {verb} resource \"{}\" in API group \
             \"{}\" {scope}",
            asked.plural(),
            asked.resource.group,
        );
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message).about(asked.resource, asked.name)
    }

    /// 500 with the words the real server puts before the cause.
    pub(crate) fn internal(cause: &str) -> Self {
        let message = format!("Internal error occurred: {cause}");
        let mut refusal = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message);
        refusal.details = json!({ "causes": [{ "message": cause }] });
        refusal
    }

    /// An answer that a test ordered.
    pub(crate) fn ordered(code: StatusCode, retry_after: Option<u32>) -> Self {
        let (reason, message) = match code {
            StatusCode::TOO_MANY_REQUESTS => (
                "TooManyRequests",
                "the server has received too many requests and has asked us to try again later",
            ),
            StatusCode::CONFLICT => ("Conflict", "the server reported a conflict"),
            StatusCode::UNAUTHORIZED => ("Unauthorized", "Unauthorized"),
            StatusCode::SERVICE_UNAVAILABLE => {
                ("ServiceUnavailable", "the server is currently unable to handle the request")
            }
            StatusCode::GONE => ("Expired", "too old resource version"),
            StatusCode::GATEWAY_TIMEOUT => ("Timeout", "etcdserver: request timed out"),
            _ => ("InternalError", "etcdserver: leader changed"),
        };
        let mut refusal = Self::new(code, reason, message);
        if let Some(seconds) = retry_after {
            refusal.details = json!({ "retryAfterSeconds": seconds });
        }
        refusal
    }

    /// As a `Status`, without kind and apiVersion.
    pub(crate) fn status(&self) -> Value {
        let mut status = json!({
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
        });
        if !self.details.is_null() {
            status["details"] = self.details.clone();
        }
        status["code"] = self.code.as_u16().into();
        status
    }

    /// Seconds after which the client should ask again.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        self.details.get("retryAfterSeconds").and_then(Value::as_u64)
    }
}

/// What a request is about, for the sentence that refuses it.
pub(crate) struct Asked<'a> {
    /// The resource.
    pub(crate) resource: &'a Resource,
    /// Its subresource, or nothing.
    pub(crate) subresource: &'a str,
    /// The namespace, or nothing.
    pub(crate) namespace: &'a str,
    /// The name, or nothing.
    pub(crate) name: &'a str,
}

impl Asked<'_> {
    /// Resource and subresource, as RBAC names them.
    pub(crate) fn plural(&self) -> String {
        match self.subresource {
            "" => self.resource.plural.to_string(),
            subresource => format!("{}/{subresource}", self.resource.plural),
        }
    }
}
