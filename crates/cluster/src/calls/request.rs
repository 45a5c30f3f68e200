//! What a request asks for, in the words of access rules: a verb, a resource, a place.

use std::fmt;

use http::{Method, Request};
use kube::client::Body;

/// One request, for the sentence of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    method: Method,
    path: String,
    watches: bool,
}

/// The words of access rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) verb: &'static str,
    pub(crate) resource: String,
    pub(crate) namespace: Option<String>,
}

impl Asked {
    pub(crate) fn of(request: &Request<Body>) -> Self {
        let query = request.uri().query().unwrap_or_default();
        Self {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            watches: query.split('&').any(|part| matches!(part, "watch=1" | "watch=true")),
        }
    }

    /// A request for an object, made by other means than [`super::Calls`].
    pub(crate) fn to_get(path: &str) -> Self {
        Self { method: Method::GET, path: path.to_owned(), watches: false }
    }

    /// The verb, the resource and the namespace that an access rule would name.
    pub(crate) fn access(&self) -> Access {
        let words: Vec<&str> = self.path.trim_matches('/').split('/').collect();
        let within = match words.as_slice() {
            ["api", _, rest @ ..] | ["apis", _, _, rest @ ..] => rest,
            other => other,
        };
        let (namespace, rest) = match within {
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
            rest => (None, rest),
        };
        let (resource, name) = match rest {
            [resource] => ((*resource).to_owned(), None),
            [resource, name] => ((*resource).to_owned(), Some(*name)),
            [resource, name, subresource, ..] => (format!("{resource}/{subresource}"), Some(*name)),
            [] => (self.path.clone(), None),
        };
        Access {
            verb: self.verb(name.is_some()),
            resource,
            namespace: namespace.map(str::to_owned),
        }
    }

    fn verb(&self, named: bool) -> &'static str {
        match (&self.method, named) {
            (&Method::GET, _) if self.watches => "watch",
            (&Method::GET, true) => "get",
            (&Method::GET, false) => "list",
            (&Method::POST, _) => "create",
            (&Method::PUT, _) => "update",
            (&Method::PATCH, _) => "patch",
            (&Method::DELETE, true) => "delete",
            (&Method::DELETE, false) => "deletecollection",
            (_, _) => "use",
        }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::everywhere("GET", "/api/v1/pods?limit=1000", "list", "pods", None)]
    #[case::watching("GET", "/apis/apps/v1/deployments?watch=1", "watch", "deployments", None)]
    #[case::one(
        "GET",
        "/apis/apps/v1/namespaces/shop/deployments/cart",
        "get",
        "deployments",
        Some("shop")
    )]
    #[case::a_namespace("GET", "/api/v1/namespaces/kube-system", "get", "namespaces", None)]
    #[case::namespaces("GET", "/api/v1/namespaces", "list", "namespaces", None)]
    #[case::create("POST", "/api/v1/namespaces/shop/pods", "create", "pods", Some("shop"))]
    #[case::forward(
        "GET",
        "/api/v1/namespaces/i/pods/p/portforward",
        "get",
        "pods/portforward",
        Some("i")
    )]
    #[case::patch("PATCH", "/api/v1/namespaces/shop", "patch", "namespaces", None)]
    fn speaks_the_words_of_access_rules(
        #[case] method: &str,
        #[case] uri: &str,
        #[case] verb: &str,
        #[case] resource: &str,
        #[case] namespace: Option<&str>,
    ) {
        let request = Request::builder().method(method).uri(uri).body(Body::empty()).unwrap();

        let access = Asked::of(&request).access();

        assert_eq!((access.verb, access.resource.as_str()), (verb, resource));
        assert_eq!(access.namespace.as_deref(), namespace, "{uri}");
    }
}
