//! The URL of a server: its parameters that are for this program, and a password that is kept elsewhere.

use std::{
    env::{self, VarError},
    path::PathBuf,
};

use inthreat_store::TlsFiles;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::has_password;
use crate::{
    exit::Exit,
    failure::{Failure, Outcome},
};

/// A URL, taken apart.
pub(super) struct ServerUrl {
    /// Everything before the parameters.
    place: String,
    /// The parameters as they are written.
    parameters: Vec<String>,
}

impl ServerUrl {
    pub(super) fn new(url: &str) -> Self {
        let (place, parameters) = url.split_once('?').unwrap_or((url, ""));
        let parameters = parameters.split('&').filter(|parameter| !parameter.is_empty());
        Self { place: place.to_owned(), parameters: parameters.map(str::to_owned).collect() }
    }

    /// Takes a parameter out; what is left is for the driver of the server.
    pub(super) fn take(&mut self, name: &str) -> Outcome<Option<String>> {
        let is_it = |parameter: &String| parameter.split_once('=').is_some_and(|(n, _)| n == name);
        let Some(place) = self.parameters.iter().position(is_it) else {
            return Ok(None);
        };
        let parameter = self.parameters.remove(place);
        let value = parameter.split_once('=').map_or("", |(_, value)| value);
        match percent_decode_str(value).decode_utf8() {
            Ok(value) if !value.is_empty() => Ok(Some(value.into_owned())),
            _ => Err(Failure::new(Exit::Usage, format!("`{name}` of the URL has no value"))),
        }
    }

    /// Takes the parameters out that name PEM files: the certificates to trust, the one to show, and its key.
    pub(super) fn take_tls(&mut self, [roots, client, key]: [&str; 3]) -> Outcome<TlsFiles> {
        let mut file = |name| Ok::<_, Failure>(self.take(name)?.map(PathBuf::from));
        let files = TlsFiles::default()
            .with_root_certificates(file(roots)?)
            .with_client_certificate(file(client)?)
            .with_client_key(file(key)?);
        if files.client_key.is_some() && files.client_certificate.is_none() {
            let message = format!("expected `{client}` beside `{key}` in the URL");
            return Err(Failure::new(Exit::Usage, message));
        }
        Ok(files)
    }

    /// Fails when parameters are left: a driver that passes over what it does not know hides a slip of the pen.
    pub(super) fn refuse_others(&self, known: &str) -> Outcome {
        if self.parameters.is_empty() {
            return Ok(());
        }
        // What stands there may be a secret in the wrong place.
        let message = format!("a parameter of the URL is not known: expected {known}");
        Err(Failure::new(Exit::Usage, message))
    }

    pub(super) fn has_password(&self) -> bool {
        has_password(&self.text())
    }

    /// Adds a parameter.
    pub(super) fn push(&mut self, name: &str, value: &str) {
        self.parameters.push(format!("{name}={}", encoded(value)));
    }

    /// Adds a password behind the user of the URL.
    pub(super) fn set_password(&mut self, password: &str) {
        self.set_user_info(|user| format!("{user}:{}", encoded(password)));
    }

    /// Puts something in the place of the user of the URL, which may be none.
    pub(super) fn set_user_info(&mut self, info: impl FnOnce(&str) -> String) {
        if let Some((scheme, rest)) = self.place.split_once("://") {
            let (user, host) = rest.rsplit_once('@').unwrap_or(("", rest));
            self.place = format!("{scheme}://{}@{host}", info(user));
        }
    }

    /// The URL as the driver gets it.
    pub(super) fn text(&self) -> String {
        match &self.parameters[..] {
            [] => self.place.clone(),
            parameters => format!("{}?{}", self.place, parameters.join("&")),
        }
    }
}

/// A text with everything but letters and digits as `%XX`.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// A secret from the environment, where there is one.
pub(super) fn secret(variable: &str) -> Outcome<Option<String>> {
    match env::var(variable) {
        Ok(text) => Ok(Some(text).filter(|text| !text.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        // The error would show what stands there.
        Err(VarError::NotUnicode(_)) => {
            Err(Failure::new(Exit::Usage, format!("`{variable}` is no UTF-8")))
        }
    }
}
