//! The files that a connection to a server takes its certificates from.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{Error, Result};

/// PEM files for connections under TLS, as every engine takes them. They are read when a store is opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsFiles {
    /// The certificates that sign that of the server; those of the system when there is no such file.
    pub root_certificates: Option<PathBuf>,
    /// The certificate that is shown to the server, and those that sign it.
    pub client_certificate: Option<PathBuf>,
    /// The key of that certificate; it stands in the same file when there is no other one.
    pub client_key: Option<PathBuf>,
}

impl TlsFiles {
    /// Sets the file of the certificates that sign that of the server.
    #[must_use]
    pub fn with_root_certificates(mut self, file: impl Into<Option<PathBuf>>) -> Self {
        self.root_certificates = file.into();
        self
    }

    /// Sets the file of the certificate that is shown to the server.
    #[must_use]
    pub fn with_client_certificate(mut self, file: impl Into<Option<PathBuf>>) -> Self {
        self.client_certificate = file.into();
        self
    }

    /// Sets the file of the key, where it is not that of the certificate.
    #[must_use]
    pub fn with_client_key(mut self, file: impl Into<Option<PathBuf>>) -> Self {
        self.client_key = file.into();
        self
    }

    /// Whether there are none, so that the certificates of the system decide and none is shown.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Where the certificate that is shown stands, and its key.
    pub fn client_files(&self) -> Option<(&Path, &Path)> {
        let certificate = self.client_certificate.as_deref()?;
        Some((certificate, self.client_key.as_deref().unwrap_or(certificate)))
    }

    /// Reads the certificates that sign that of the server. Blocks.
    pub fn read_roots(&self) -> Result<Option<Vec<u8>>> {
        self.root_certificates.as_deref().map(read).transpose()
    }

    /// Reads the certificate that is shown, and its key. Blocks.
    pub fn read_client(&self) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
        self.client_files()
            .map(|(certificate, key)| Ok((read(certificate)?, read(key)?)))
            .transpose()
    }
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(|error| Error::from_io(format_args!("read `{}`", file.display()), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a file that is not named when it cannot be read, and a key that is looked for elsewhere.
    #[test]
    fn files_are_read_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let [both, absent] = ["both.pem", "absent.pem"].map(|name| folder.path().join(name));
        crate::atomic_write(&both, "pem").unwrap();
        let files = TlsFiles::default().with_client_certificate(both);
        assert_eq!(files.read_client().unwrap(), Some((b"pem".to_vec(), b"pem".to_vec())));
        assert_eq!(files.read_roots().unwrap(), None);
        let files = files.with_client_key(absent.clone()).with_root_certificates(absent);
        for error in [files.read_client().unwrap_err(), files.read_roots().unwrap_err()] {
            assert!(error.to_string().contains("absent.pem"), "{error}");
        }
    }
}
