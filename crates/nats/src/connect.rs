//! Connections: from a URL to a client, without a word about its password.

use async_nats::{
    Client, ConnectOptions, ServerAddr,
    jetstream::{
        Context, ErrorCode,
        context::{self, GetStreamErrorKind},
        stream::{Config, Stream},
    },
};
use inthreat_store::{Error, ErrorKind, Result};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::NatsOptions;

/// The client and its view of JetStream.
pub(crate) async fn connect(url: &str, options: &NatsOptions) -> Result<(Client, Context)> {
    let (address, mut connection) = parse(url)?;
    if let Some(file) = &options.credentials_file {
        let failed = |error| Error::from_io(format_args!("read `{}`", file.display()), error);
        // Small, and read once at the start: not worth a thread.
        let text = std::fs::read_to_string(file).map_err(failed)?;
        connection = connection.credentials(&text).map_err(|_| {
            let message = format!("use `{}`: it holds no credentials", file.display());
            Error::new(ErrorKind::Incompatible, message)
        })?;
    }
    if !options.tls.is_empty() {
        connection = connection.require_tls(true);
    }
    if let Some(file) = &options.tls.root_certificates {
        connection = connection.add_root_certificates(file.clone());
    }
    if let Some((certificate, key)) = options.tls.client_files() {
        connection = connection.add_client_certificate(certificate.to_owned(), key.to_owned());
    }
    let client = connection
        .name("inthreat")
        .connection_timeout(options.answer_max)
        .request_timeout(Some(options.answer_max))
        .connect(address)
        .await
        .map_err(|error| failed("connect to", error))?;
    let context = context::ContextBuilder::new()
        .timeout(options.answer_max)
        .ack_timeout(options.answer_max)
        .build(client.clone());
    Ok((client, context))
}

/// Makes a stream where it is not there.
pub(crate) async fn stream(context: &Context, config: Config) -> Result<Stream> {
    let name = config.name.clone();
    context
        .get_or_create_stream(config)
        .await
        .map_err(|error| failed(&format!("open the stream `{name}` of"), error))
}

/// Whether a stream is there.
pub(crate) async fn has_stream(context: &Context, name: &str) -> Result<bool> {
    match context.get_stream(name).await.map_err(|error| (error.kind(), error)) {
        Ok(_) => Ok(true),
        Err((GetStreamErrorKind::JetStream(told), _))
            if told.error_code() == ErrorCode::STREAM_NOT_FOUND =>
        {
            Ok(false)
        }
        Err((_, error)) => Err(failed(&format!("look for the stream `{name}` of"), error)),
    }
}

/// What was wanted of the server and did not work.
pub(crate) fn failed(
    what: &str,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    Error::new(ErrorKind::Io, format!("{what} the NATS server")).with_source(error)
}

/// Takes the credentials out of a URL, so that nothing that is told of the address can show them. The same goes for
/// what the parser says of a URL that it cannot read.
fn parse(url: &str) -> Result<(ServerAddr, ConnectOptions)> {
    let unusable = || {
        let message = "use the URL of a NATS server: expected `nats://USER:PASSWORD@HOST:PORT`, or `tls://…`, with \
                       special characters as `%XX`";
        Error::new(ErrorKind::Incompatible, message)
    };
    let mut url: Url = url.parse().map_err(|_| unusable())?;
    if !matches!(url.scheme(), "nats" | "tls" | "ws" | "wss") {
        return Err(unusable());
    }
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let options = match (decoded(url.username()), url.password().map(decoded)) {
        (user, None) if user.is_empty() => ConnectOptions::new(),
        (token, None) => ConnectOptions::with_token(token),
        (user, Some(password)) => ConnectOptions::with_user_and_password(user, password),
    };
    url.set_username("").map_err(|()| unusable())?;
    url.set_password(None).map_err(|()| unusable())?;
    let options = options.require_tls(matches!(url.scheme(), "tls" | "wss"));
    Ok((url.as_str().parse().map_err(|_| unusable())?, options))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a password in an error or in an address, however broken the URL is.
    #[test]
    fn passwords_are_not_told() {
        for url in
            ["nats://me:hunter2@host:port", "nats://me:hunter2@[::1", "x://me:hunter2@h", "hunter2"]
        {
            let error = parse(url).err().unwrap();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{url}");
        }
        let (address, _) = parse("nats://me:hunter2@host:4333").unwrap();
        assert!(!format!("{address:?}").contains("hunter2"), "{address:?}");
        assert_eq!((address.host(), address.port()), ("host", 4333));
    }
}
