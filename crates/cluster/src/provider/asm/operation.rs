//! Every operation that the client knows, in one table: what it is called, whose it is, how it is
//! sent, and whether it may change something.
//!
//! Entry point: [`Operation`]. The door and the retries of a call follow from its line here, so an
//! operation can't be a read in one place and a write in another. Deliberately absent: parameters
//! (`api`).

use std::fmt;

use http::Method;

/// Whether an operation may change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It only asks: allowed in read-only mode, tried again within the budget.
    Reads,
    /// It may change something: needs an open door and a journaled intent, and is sent again only
    /// after an answer that says that nothing happened.
    Writes,
}

/// A cloud service with an API of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Alibaba Cloud Service Mesh.
    Mesh,
    /// The Security Token Service, which issues temporary credentials.
    Sts,
    /// Container Service for Kubernetes, which runs the data-plane clusters.
    Ack,
}

impl Service {
    /// The version of its API.
    pub fn version(self) -> &'static str {
        match self {
            Self::Mesh => "2020-01-11",
            Self::Sts => "2015-04-01",
            Self::Ack => "2015-12-15",
        }
    }
}

macro_rules! operations {
    ($($name:ident $service:ident $method:ident $effect:ident $signed:ident;)+) => {
        /// An operation of the cloud API, called by its name there.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "the names are the documentation's own")]
        pub enum Operation { $($name,)+ }

        impl Operation {
            /// Every operation.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its name, as the API spells it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// Whose operation it is.
            pub fn service(self) -> Service {
                match self { $(Self::$name => Service::$service,)+ }
            }

            /// The HTTP method that the official SDK uses for it.
            pub fn method(self) -> Method {
                match self { $(Self::$name => Method::$method,)+ }
            }

            /// Whether it may change something.
            pub fn effect(self) -> Effect {
                match self { $(Self::$name => Effect::$effect,)+ }
            }

            /// Whether it is signed with an access key.
            pub(super) fn signing(self) -> Signing {
                match self { $(Self::$name => Signing::$signed,)+ }
            }
        }
    };
}

/// Whether an operation is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signing {
    /// With an access key.
    Signed,
    /// Not at all: what it carries proves who asks.
    Anonymous,
}

// `RevokeKubeconfig` is a write although it answers with a kubeconfig: the old one stops working.
// Both upgrade calls are writes even for a precheck: nobody has said that a check changes nothing.
operations! {
    DescribeUpgradeVersion               Mesh POST Reads  Signed;
    DescribeServiceMeshUpgradeStatus     Mesh POST Reads  Signed;
    DescribeVersions                     Mesh POST Reads  Signed;
    DescribeMetadata                     Mesh POST Reads  Signed;
    DescribeServiceMeshes                Mesh GET  Reads  Signed;
    DescribeServiceMeshDetail            Mesh POST Reads  Signed;
    DescribeServiceMeshKubeconfig        Mesh POST Reads  Signed;
    DescribeClustersInServiceMesh        Mesh POST Reads  Signed;
    DescribeServiceMeshClusters          Mesh POST Reads  Signed;
    DescribeServiceMeshProxyStatus       Mesh POST Reads  Signed;
    DescribeServiceMeshLogs              Mesh POST Reads  Signed;
    DescribeServiceMeshAdditionalStatus  Mesh POST Reads  Signed;
    DescribeCCMVersion                   Mesh POST Reads  Signed;
    DescribeGuestClusterNamespaces       Mesh POST Reads  Signed;
    DescribeGuestClusterPods             Mesh POST Reads  Signed;
    GetDeploymentBySelector              Mesh POST Reads  Signed;
    DescribeNamespaceScopeSidecarConfig  Mesh POST Reads  Signed;
    GetRegisteredServiceEndpoints        Mesh POST Reads  Signed;
    GetRegisteredServiceNamespaces       Mesh POST Reads  Signed;
    DescribeUserPermissions              Mesh POST Reads  Signed;
    UpgradeMeshVersion                   Mesh POST Writes Signed;
    UpgradeMeshEditionPartially          Mesh POST Writes Signed;
    RevokeKubeconfig                     Mesh POST Writes Signed;
    UpdateIstioInjectionConfig           Mesh POST Writes Signed;
    UpdateASMNamespaceFromGuestCluster   Mesh POST Writes Signed;
    UpdateASMGateway                     Mesh POST Writes Signed;
    CreateASMGateway                     Mesh POST Writes Signed;
    ModifyServiceMeshName                Mesh POST Writes Signed;
    ModifyPilotEipResource               Mesh POST Writes Signed;
    UpdateNamespaceScopeSidecarConfig    Mesh POST Writes Signed;
    AssumeRole                           Sts  POST Reads  Signed;
    AssumeRoleWithOIDC                   Sts  POST Reads  Anonymous;
    GetCallerIdentity                    Sts  POST Reads  Signed;
    DescribeClusterUserKubeconfig        Ack  GET  Reads  Signed;
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called_a_description_or_a_question_is_a_read_and_the_rest_is_not() {
        for operation in Operation::ALL {
            let asks = ["Describe", "Get", "AssumeRole"]
                .iter()
                .any(|verb| operation.name().starts_with(verb));
            let expected = if asks { Effect::Reads } else { Effect::Writes };
            assert_eq!(operation.effect(), expected, "{operation}");
        }
    }
}
