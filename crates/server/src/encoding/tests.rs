//! Which coding is chosen, and that what is compressed can be read again.

use std::io::Read;

use axum::{body::to_bytes, http::HeaderValue};
use flate2::read::GzDecoder;
use proptest::prelude::*;

use super::*;

fn read(values: &[&str]) -> Option<(Coding, bool)> {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(ACCEPT_ENCODING, HeaderValue::from_str(value).unwrap());
    }
    Accepted::read(&headers).map(|accepted| (accepted.coding, accepted.takes_identity))
}

// Catches a coding that a client refused, or liked less (RFC 9110, 12.5.3).
#[test]
fn what_a_client_likes_best_is_chosen() {
    use Coding::{Gzip, Identity, Zstd};

    for (values, chosen) in [
        (&[][..], Some((Identity, true))),
        (&[""], Some((Identity, true))),
        (&["gzip"], Some((Gzip, true))),
        (&["x-gzip"], Some((Gzip, true))),
        (&["gzip, deflate, br, zstd"], Some((Zstd, true))),
        (&["gzip", "zstd"], Some((Zstd, true))),
        (&["GZIP;q=1.0, Zstd ; Q=0.5"], Some((Gzip, true))),
        (&["zstd;q=0.001, gzip;q=0"], Some((Zstd, true))),
        (&["zstd;q=0, gzip;q=0"], Some((Identity, true))),
        (&["br, deflate"], Some((Identity, true))),
        (&["*"], Some((Gzip, true))),
        (&["*;q=0"], None),
        (&["identity"], Some((Identity, true))),
        (&["identity;q=0"], None),
        (&["identity;q=0, gzip"], Some((Gzip, false))),
        (&["gzip, *;q=0"], Some((Gzip, false))),
        (&["identity;q=0.5, *;q=0"], Some((Identity, true))),
        (&["identity;q=1, gzip;q=0.5"], Some((Identity, true))),
        (&["identity, gzip"], Some((Gzip, true))),
        (&["gzip;q=2, zstd;q=x, br;q"], Some((Identity, true))),
        (&["gzip;level=5"], Some((Identity, true))),
        (&["gzip;q=NaN"], Some((Identity, true))),
        (&[",,;,=,gzip"], Some((Gzip, true))),
    ] {
        assert_eq!(read(values), chosen, "{values:?}");
    }
}

fn decoded(encoded: &[u8], coding: Coding) -> Vec<u8> {
    let mut out = Vec::new();
    match coding {
        Coding::Identity => out.extend_from_slice(encoded),
        Coding::Gzip => {
            GzDecoder::new(encoded).read_to_end(&mut out).unwrap();
        }
        Coding::Zstd => out = zstd::decode_all(encoded).unwrap(),
    }
    out
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // Catches a body that is not what it was, whole or in pieces, short or long.
    #[test]
    fn what_is_compressed_can_be_read(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..5),
        repeated in 1_usize..150,
        text in "[^\u{fe}\u{ff}]{0,400}",
    ) {
        let pieces: Vec<_> = pieces.into_iter().map(|piece| piece.repeat(repeated)).collect();
        let pieces: Vec<_> =
            pieces.into_iter().map(Bytes::from).chain([Bytes::from(text)]).collect();
        let plain = Bytes::from(pieces.concat());
        for coding in [Coding::Identity, Coding::Gzip, Coding::Zstd] {
            let whole = run(Encoders::new().encode(&plain, coding)).unwrap();
            prop_assert_eq!(&decoded(&whole, coding), &plain);
            let pieces = stream::iter(pieces.clone().into_iter().map(Ok::<_, io::Error>));
            let streamed = Encoders::encode_stream(Body::from_stream(pieces), coding);
            let streamed = run(to_bytes(streamed, usize::MAX)).unwrap();
            prop_assert_eq!(&decoded(&streamed, coding), &plain);
        }
    }
}

// Catches half a body that looks like a whole one.
#[test]
fn an_error_in_the_middle_is_an_error() {
    let pieces = [Ok(Bytes::from_static(b"one")), Err(io::Error::other("no more"))];
    for coding in [Coding::Gzip, Coding::Zstd] {
        let pieces = pieces.iter().map(|piece| match piece {
            Ok(bytes) => Ok(bytes.clone()),
            Err(_) => Err(io::Error::other("no more")),
        });
        let body = Body::from_stream(stream::iter(pieces.collect::<Vec<_>>()));
        assert!(run(to_bytes(Encoders::encode_stream(body, coding), usize::MAX)).is_err());
    }
}
