//! What a path and a query ask for.

use std::sync::Arc;

use crate::query::decode;
use crate::refusal::Refusal;
use crate::resources::{Registry, Resource};
use crate::store::Key;

/// An object or a collection.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) resource: Arc<Resource>,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) subresource: String,
}

impl Target {
    /// From a path such as `/apis/apps/v1/namespaces/shop/deployments/cart/status`.
    pub(super) fn parse(registry: &Registry, path: &str) -> Result<Self, Refusal> {
        let parts: Vec<String> =
            path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let (group, version, rest) = match parts.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return Err(Refusal::no_such_resource()),
        };
        let (namespace, rest) = match rest {
            // A namespace itself, and its subresources.
            ["namespaces", _, "status" | "finalize"] | ["namespaces"] | ["namespaces", _] => {
                ("", rest)
            }
            ["namespaces", namespace, rest @ ..] => (*namespace, rest),
            _ => ("", rest),
        };
        let (plural, name, subresource) = match rest {
            [plural] => (*plural, "", ""),
            [plural, name] => (*plural, *name, ""),
            [plural, name, subresource] => (*plural, *name, *subresource),
            _ => return Err(Refusal::no_such_resource()),
        };
        let resource =
            registry.find(group, version, plural).ok_or_else(Refusal::no_such_resource)?;
        let needs_namespace = resource.namespaced && !name.is_empty();
        if (needs_namespace && namespace.is_empty())
            || (!resource.namespaced && !namespace.is_empty())
        {
            return Err(Refusal::no_such_resource());
        }
        Ok(Self {
            resource,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            subresource: subresource.to_owned(),
        })
    }

    /// The key of the object.
    pub(super) fn key(&self) -> Key {
        Key::new(&self.resource.id, &self.namespace, &self.name)
    }

    /// The namespace of a collection; none for all.
    pub(super) fn within(&self) -> Option<&str> {
        Some(self.namespace.as_str()).filter(|namespace| !namespace.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::collection("/api/v1/pods", ("pods", "", "", ""))]
    #[case::namespaced("/api/v1/namespaces/shop/pods/a", ("pods", "shop", "a", ""))]
    #[case::subresource(
        "/apis/apps/v1/namespaces/shop/deployments/a/status",
        ("deployments.apps", "shop", "a", "status"))]
    #[case::a_namespace("/api/v1/namespaces/shop", ("namespaces", "", "shop", ""))]
    #[case::namespaces("/api/v1/namespaces", ("namespaces", "", "", ""))]
    fn a_path(#[case] path: &str, #[case] expected: (&str, &str, &str, &str)) {
        let Ok(target) = Target::parse(&Registry::new(), path) else { panic!("{path} not found") };
        let found = (&*target.resource.id, &*target.namespace, &*target.name, &*target.subresource);

        assert_eq!(found, expected);
    }

    #[rstest]
    #[case::unknown_kind("/api/v1/gadgets")]
    #[case::unknown_group("/apis/sail.io/v1/istios")]
    #[case::pod_without_namespace("/api/v1/pods/a")]
    #[case::no_api("/metrics")]
    fn no_such_path(#[case] path: &str) {
        assert!(Target::parse(&Registry::new(), path).is_err(), "{path}");
    }
}
