//! Where the services answer. Source: the product list of the API's public metadata (asm.md §7.1).
//!
//! Entry points: [`Region`] and [`Network`]. One central endpoint answers for most regions; only
//! [`Region::separate`] have their own and are asked on their own when instances are listed.

use std::fmt;

use super::error::AsmError;

/// A region of the cloud, such as `cn-hangzhou`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(String);

/// From where the service is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// Over the internet.
    Public,
    /// From inside a virtual private cloud.
    Vpc,
}

/// Regions whose service-mesh endpoint inside a VPC is a shared proxy.
const VPC_PROXY: &[&str] = &[
    "ap-southeast-1",
    "ap-southeast-5",
    "cn-beijing",
    "cn-chengdu",
    "cn-hangzhou",
    "cn-hongkong",
    "cn-shanghai",
    "cn-shenzhen",
    "cn-zhangjiakou",
    "eu-central-1",
];

/// Regions of the product.
const KNOWN: [&str; 25] = [
    "ap-northeast-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-5",
    "cn-beijing",
    "cn-beijing-finance-1",
    "cn-chengdu",
    "cn-hangzhou",
    "cn-hangzhou-finance",
    "cn-hongkong",
    "cn-huhehaote",
    "cn-qingdao",
    "cn-shanghai",
    "cn-shanghai-finance-1",
    "cn-shenzhen",
    "cn-shenzhen-finance-1",
    "cn-wulanchabu",
    "cn-zhangjiakou",
    "eu-central-1",
    "eu-west-1",
    "me-east-1",
    "us-east-1",
    "us-west-1",
];

/// Regions with an endpoint of their own.
const SEPARATE: [&str; 2] = ["us-east-1", "us-west-1"];

impl Region {
    /// A region by its id. It becomes part of a host name, so only letters, digits and dashes pass.
    pub fn new(id: &str) -> Result<Self, AsmError> {
        let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if id.is_empty() || id.len() > 40 || !id.chars().all(is_word) {
            return Err(AsmError::Region { region: id.chars().take(60).collect() });
        }
        Ok(Self(id.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The ids of the product's regions, for a user to choose from. Others are taken too: the list
    /// is of one day.
    pub fn known() -> [&'static str; 25] {
        KNOWN
    }

    /// The regions for which the central endpoint does not answer.
    pub fn separate() -> [Self; 2] {
        SEPARATE.map(|id| Self(id.to_owned()))
    }

    /// The host of the service-mesh API. Without an endpoint inside the VPC it is the public one.
    pub(super) fn mesh_host(&self, network: Network) -> String {
        let id = self.as_str();
        let is_separate = SEPARATE.contains(&id);
        match network {
            Network::Public if is_separate => format!("servicemesh.{id}.aliyuncs.com"),
            Network::Vpc if is_separate => format!("servicemesh-vpc.{id}.aliyuncs.com"),
            Network::Vpc if VPC_PROXY.contains(&id) => "servicemesh.vpc-proxy.aliyuncs.com".into(),
            Network::Public | Network::Vpc => "servicemesh.aliyuncs.com".into(),
        }
    }

    /// The host of the API of Kubernetes clusters.
    pub(super) fn ack_host(&self) -> String {
        format!("cs.{}.aliyuncs.com", self.0)
    }
}

/// The host that issues temporary credentials, for all regions or in one.
pub(super) fn sts_host(region: Option<&Region>) -> String {
    match region {
        Some(region) => format!("sts.{region}.aliyuncs.com"),
        None => "sts.aliyuncs.com".to_owned(),
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("us-east-1", Network::Public, "servicemesh.us-east-1.aliyuncs.com")]
    #[case("us-west-1", Network::Public, "servicemesh.us-west-1.aliyuncs.com")]
    #[case("cn-hangzhou", Network::Public, "servicemesh.aliyuncs.com")]
    #[case("me-east-1", Network::Public, "servicemesh.aliyuncs.com")]
    #[case("cn-hangzhou", Network::Vpc, "servicemesh.vpc-proxy.aliyuncs.com")]
    #[case("us-west-1", Network::Vpc, "servicemesh-vpc.us-west-1.aliyuncs.com")]
    #[case("me-east-1", Network::Vpc, "servicemesh.aliyuncs.com")]
    fn a_region_has_its_host(#[case] id: &str, #[case] network: Network, #[case] host: &str) {
        assert_eq!(Region::new(id).unwrap().mesh_host(network), host);
    }

    #[rstest]
    #[case::another_host("evil.example/")]
    #[case::nothing("")]
    #[case::a_port("cn-hangzhou:80")]
    fn what_is_no_region_never_becomes_a_host(#[case] id: &str) {
        assert!(Region::new(id).is_err(), "{id}");
    }
}
