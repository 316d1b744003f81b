//! Connections: from a URL to a pool, without a word about its password.

use std::borrow::Cow;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use inthreat_store::{Error, ErrorKind, Result};

use tokio_postgres::{Config, config::SslMode};

use crate::PostgresOptions;

/// What the server knows us by where the URL says nothing else.
const APPLICATION: &str = "inthreat";

/// A pool of connections, none of which is open yet.
pub(crate) fn pool(url: &str, options: &PostgresOptions) -> Result<Pool> {
    let mut config = parse(url)?;
    if !options.tls.is_empty() && config.get_ssl_mode() == SslMode::Prefer {
        config.ssl_mode(SslMode::Require);
    }
    if config.get_application_name().is_none() {
        config.application_name(APPLICATION);
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(options.connect_max);
    }
    let manager = manager(config, options)?;
    let idle = options.idle_in_transaction_max.as_millis();
    let settings = format!(
        "SET idle_in_transaction_session_timeout = {idle};
         SELECT set_config('synchronous_commit', 'on', false)
         WHERE current_setting('synchronous_commit') = 'off'"
    );
    let prepare = Hook::async_fn(move |client, _| {
        let settings = settings.clone();
        Box::pin(async move { client.batch_execute(&settings).await.map_err(HookError::Backend) })
    });
    let failed = |error| unusable("the connections cannot be set up").with_source(error);
    Pool::builder(manager)
        .max_size(options.connections_max.max(1))
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(options.connect_max))
        .create_timeout(Some(options.connect_max))
        .post_create(prepare)
        .build()
        .map_err(|error| failed(error.to_string()))
}

/// What the driver says of a URL that it cannot read may hold a part of it, so that is not told.
fn parse(url: &str) -> Result<Config> {
    let is_url = url.starts_with("postgres://") || url.starts_with("postgresql://");
    let config = verified(url).parse::<Config>().ok().filter(|_| is_url);
    config.ok_or_else(|| {
        unusable("expected `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with special characters as `%XX`")
    })
}

/// The URL with the one word for TLS that the driver knows: here the certificate and its name are always verified.
fn verified(url: &str) -> Cow<'_, str> {
    let Some((place, parameters)) = url.split_once('?') else {
        return url.into();
    };
    let parameters = parameters.split('&').map(|parameter| match parameter {
        "sslmode=verify-ca" | "sslmode=verify-full" => "sslmode=require",
        other => other,
    });
    format!("{place}?{}", parameters.collect::<Vec<_>>().join("&")).into()
}

pub(crate) fn unusable(reason: &str) -> Error {
    Error::new(ErrorKind::Incompatible, format!("use the URL of a PostgreSQL database: {reason}"))
}

const RECYCLING: ManagerConfig = ManagerConfig { recycling_method: RecyclingMethod::Fast };

#[cfg(not(feature = "rustls"))]
fn manager(config: Config, _: &PostgresOptions) -> Result<Manager> {
    if config.get_ssl_mode() == SslMode::Require {
        return Err(unusable("it asks for TLS, which this program was built without"));
    }
    Ok(Manager::from_config(config, tokio_postgres::NoTls, RECYCLING))
}

#[cfg(feature = "rustls")]
fn manager(config: Config, options: &PostgresOptions) -> Result<Manager> {
    if config.get_ssl_mode() == SslMode::Disable {
        return Ok(Manager::from_config(config, tokio_postgres::NoTls, RECYCLING));
    }
    let tls = crate::tls::connector(&options.tls)?;
    Ok(Manager::from_config(config, tls, RECYCLING))
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    // Catches a word of libpq that the driver does not know.
    #[test]
    fn verified_is_what_tls_is_anyway() {
        for mode in ["require", "verify-ca", "verify-full"] {
            let url = format!("postgres://me@host/db?application_name=x&sslmode={mode}");
            assert_eq!(parse(&url).unwrap().get_ssl_mode(), SslMode::Require, "{mode}");
        }
        assert!(parse("postgres://me@host/db?sslmode=verify").is_err());
    }

    // Catches a password in an error or in a debug print, however broken the URL is.
    #[test]
    fn passwords_are_not_told() {
        for url in [
            "postgres://me:hunter2@host:port/db",
            "postgres://me:hunter2@host/db?sslmode=hunter2",
            "postgres://me:hunter2@host/db?hunter2=1",
            "postgres://me:hunter2@[::1",
            "mysql://me:hunter2@host/db",
            "host=a password=hunter2",
            "hunter2",
        ] {
            let error = pool(url, &PostgresOptions::default()).unwrap_err();
            assert!(
                !format!("{error} {error:?} {:?}", error.source()).contains("hunter2"),
                "{url}"
            );
        }
    }
}
