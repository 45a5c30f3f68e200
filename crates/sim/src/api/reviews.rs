//! What the user may do, and who the user is.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, USER, respond};
use crate::cluster::Cluster;
use crate::json;
use crate::refusal::Refusal;

const ACCESS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const RULES: &str = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
const IDENTITY: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

/// Whether a path is one of the reviews.
pub(super) fn is_review(path: &str) -> bool {
    [ACCESS, RULES, IDENTITY].contains(&path)
}

pub(super) fn answer(cluster: &mut Cluster, path: &str, body: &Value) -> Result<Answer, Refusal> {
    if !body.is_object() {
        return Err(Refusal::bad_request("the body of the request is not an object"));
    }
    let (group, kind, status) = match path {
        ACCESS => ("authorization.k8s.io/v1", "SelfSubjectAccessReview", access(cluster, body)),
        RULES => ("authorization.k8s.io/v1", "SelfSubjectRulesReview", rules()),
        _ => (
            "authentication.k8s.io/v1",
            "SelfSubjectReview",
            json!({ "userInfo": {
            "username": USER,
            "groups": ["system:masters", "system:authenticated"],
        } }),
        ),
    };
    let mut review = json!({ "metadata": {}, "status": status });
    if let Some(spec) = body.get("spec") {
        review["spec"] = spec.clone();
    }
    Ok(respond::plain(StatusCode::CREATED, &respond::typed(group, kind, &review)))
}

fn access(cluster: &Cluster, body: &Value) -> Value {
    let attribute = |key| json::text(body, &["spec", "resourceAttributes", key]);
    let resource = match attribute("subresource") {
        "" => attribute("resource").to_owned(),
        subresource => format!("{}/{subresource}", attribute("resource")),
    };
    let denied = cluster.faults.denies(attribute("verb"), &resource, attribute("namespace"));
    if denied { json!({ "allowed": false }) } else { json!({ "allowed": true, "reason": "" }) }
}

fn rules() -> Value {
    json!({
        "resourceRules": [{ "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] }],
        "nonResourceRules": [{ "verbs": ["*"], "nonResourceURLs": ["*"] }],
        "incomplete": false,
    })
}
