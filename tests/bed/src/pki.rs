//! The bed's certificate authority, and kubeconfigs made with it.
//!
//! Entry point: [`Pki::create`]. A user is a client certificate: its common name and organizations are
//! the user and groups that RBAC sees, which also lets a process act as a `ServiceAccount`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

pub(crate) struct Pki {
    directory: PathBuf,
    authority: String,
    issuer: Issuer<'static, KeyPair>,
    server: String,
    name: String,
}

impl Pki {
    /// Makes an authority for the API server at `server`, named `name` in kubeconfigs.
    pub(crate) fn create(directory: &Path, server: &str, name: &str) -> Result<Self> {
        fs::create_dir_all(directory)
            .with_context(|| format!("creating {}", directory.display()))?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, format!("{name} authority"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().context("generating the authority's key")?;
        let certificate = params.self_signed(&key).context("signing the authority")?;
        let pki = Self {
            directory: directory.to_owned(),
            authority: certificate.pem(),
            issuer: Issuer::new(params, key),
            server: server.to_owned(),
            name: name.to_owned(),
        };
        pki.write("ca.crt", &pki.authority)?;
        Ok(pki)
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.directory.join(file)
    }

    /// A serving certificate for these names and addresses, as `<file>.crt` and `<file>.key`.
    pub(crate) fn serving(&self, file: &str, names: &[String]) -> Result<()> {
        let params = CertificateParams::new(names).context("naming a serving certificate")?;
        let (certificate, key) = self.sign(params, ExtendedKeyUsagePurpose::ServerAuth)?;
        self.write(&format!("{file}.crt"), &certificate)?;
        self.write(&format!("{file}.key"), &key)
    }

    /// A pair for signing `ServiceAccount` tokens, as `<file>.key` and `<file>.pub`.
    pub(crate) fn signing_pair(&self, file: &str) -> Result<()> {
        let key = KeyPair::generate().context("generating the ServiceAccount key")?;
        self.write(&format!("{file}.key"), &key.serialize_pem())?;
        self.write(&format!("{file}.pub"), &key.public_key_pem())
    }

    /// A kubeconfig for `user` in at most two `groups`.
    pub(crate) fn kubeconfig(&self, user: &str, groups: &[&str]) -> Result<PathBuf> {
        self.kubeconfig_until(4096, user, groups)
    }

    /// The same, with a certificate that ended years ago.
    pub(crate) fn expired_kubeconfig(&self, user: &str, groups: &[&str]) -> Result<PathBuf> {
        self.kubeconfig_until(2020, user, groups)
    }

    fn kubeconfig_until(&self, year: i32, user: &str, groups: &[&str]) -> Result<PathBuf> {
        let mut params = CertificateParams::default();
        params.not_after = date_time_ymd(year, 1, 1);
        params.distinguished_name.push(DnType::CommonName, user);
        // The certificate library keeps one value per kind of name. The organization has two spellings
        // there, by name and by number, and the API server reads both as a group.
        let kinds = [DnType::OrganizationName, DnType::CustomDnType(vec![2, 5, 4, 10])];
        if groups.len() > kinds.len() {
            bail!("a bed's user can be in {} groups at most, not {groups:?}", kinds.len());
        }
        for (kind, group) in kinds.into_iter().zip(groups) {
            params.distinguished_name.push(kind, *group);
        }
        let (certificate, key) = self.sign(params, ExtendedKeyUsagePurpose::ClientAuth)?;
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: {name}\n\
             clusters:\n- name: {name}\n  cluster:\n    server: {server}\n    certificate-authority-data: {ca}\n\
             contexts:\n- name: {name}\n  context:\n    cluster: {name}\n    user: \"{user}\"\n\
             users:\n- name: \"{user}\"\n  user:\n    client-certificate-data: {certificate}\n    client-key-data: {key}\n",
            name = self.name,
            server = self.server,
            ca = STANDARD.encode(&self.authority),
            certificate = STANDARD.encode(&certificate),
            key = STANDARD.encode(&key),
        );
        let words: Vec<&str> = [user].into_iter().chain(groups.iter().copied()).collect();
        let file =
            format!("{}-until-{year}.kubeconfig", words.join("-").replace([':', '/', '@'], "-"));
        self.write(&file, &text)?;
        Ok(self.path(&file))
    }

    fn sign(
        &self,
        mut params: CertificateParams,
        usage: ExtendedKeyUsagePurpose,
    ) -> Result<(String, String)> {
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().context("generating a key")?;
        let certificate = params.signed_by(&key, &self.issuer).context("signing a certificate")?;
        Ok((certificate.pem(), key.serialize_pem()))
    }

    fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.path(file);
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
    }
}
