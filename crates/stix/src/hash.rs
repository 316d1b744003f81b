//! Names of hash algorithms, however they are spelled, and the form of their values.

use std::fmt;

/// A hash algorithm (STIX 2.1 section 10.7, `hash-algorithm-ov`, and those the OASIS pattern validator knows beside).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum HashAlgorithm {
    /// MD5, 32 digits.
    Md5,
    /// MD6, of variable length.
    Md6,
    /// RIPEMD-160, 40 digits.
    Ripemd160,
    /// SHA-1, 40 digits.
    Sha1,
    /// SHA-224, 56 digits.
    Sha224,
    /// SHA-256, 64 digits.
    Sha256,
    /// SHA-384, 96 digits.
    Sha384,
    /// SHA-512, 128 digits.
    Sha512,
    /// SHA3-224, 56 digits.
    Sha3_224,
    /// SHA3-256, 64 digits.
    Sha3_256,
    /// SHA3-384, 96 digits.
    Sha3_384,
    /// SHA3-512, 128 digits.
    Sha3_512,
    /// SSDEEP, a fuzzy hash.
    Ssdeep,
    /// TLSH, a fuzzy hash.
    Tlsh,
    /// WHIRLPOOL, 128 digits.
    Whirlpool,
}

/// Every algorithm with its name without hyphens, in upper case.
const NAMES: [(&str, HashAlgorithm); 15] = [
    ("MD5", HashAlgorithm::Md5),
    ("MD6", HashAlgorithm::Md6),
    ("RIPEMD160", HashAlgorithm::Ripemd160),
    ("SHA1", HashAlgorithm::Sha1),
    ("SHA224", HashAlgorithm::Sha224),
    ("SHA256", HashAlgorithm::Sha256),
    ("SHA384", HashAlgorithm::Sha384),
    ("SHA512", HashAlgorithm::Sha512),
    ("SHA3224", HashAlgorithm::Sha3_224),
    ("SHA3256", HashAlgorithm::Sha3_256),
    ("SHA3384", HashAlgorithm::Sha3_384),
    ("SHA3512", HashAlgorithm::Sha3_512),
    ("SSDEEP", HashAlgorithm::Ssdeep),
    ("TLSH", HashAlgorithm::Tlsh),
    ("WHIRLPOOL", HashAlgorithm::Whirlpool),
];

impl HashAlgorithm {
    /// The words of the vocabulary (section 10.7, `hash-algorithm-ov`), in its order.
    pub const VOCABULARY: &[Self] = &[
        Self::Md5,
        Self::Sha1,
        Self::Sha256,
        Self::Sha512,
        Self::Sha3_256,
        Self::Sha3_512,
        Self::Ssdeep,
        Self::Tlsh,
    ];

    /// The algorithm of a name in any case, with or without hyphens and underscores: `SHA-256`, `sha256`, `Sha_256`.
    pub fn from_name(name: &str) -> Option<Self> {
        let letters = || name.bytes().filter(|byte| !matches!(byte, b'-' | b'_'));
        NAMES
            .iter()
            .find(|(known, _)| letters().map(|byte| byte.to_ascii_uppercase()).eq(known.bytes()))
            .map(|(_, algorithm)| *algorithm)
    }

    /// The name as the vocabulary spells it, as `SHA-256`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Md6 => "MD6",
            Self::Ripemd160 => "RIPEMD-160",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Sha3_224 => "SHA3-224",
            Self::Sha3_256 => "SHA3-256",
            Self::Sha3_384 => "SHA3-384",
            Self::Sha3_512 => "SHA3-512",
            Self::Ssdeep => "SSDEEP",
            Self::Tlsh => "TLSH",
            Self::Whirlpool => "WHIRLPOOL",
        }
    }

    /// Whether `value` has the form of a value of this algorithm: hexadecimal digits of its length in any case; for
    /// SSDEEP 1 to 128 characters of its alphabet; for TLSH, which the OASIS validator does not check, 70 or 72
    /// letters and digits; for MD6 the lengths its users choose.
    pub fn is_valid(self, value: &str) -> bool {
        let hex = value.bytes().all(|byte| byte.is_ascii_hexdigit());
        let length = value.len();
        match self {
            Self::Md5 => hex && length == 32,
            Self::Md6 => hex && [32, 40, 56, 64, 96, 128].contains(&length),
            Self::Ripemd160 | Self::Sha1 => hex && length == 40,
            Self::Sha224 | Self::Sha3_224 => hex && length == 56,
            Self::Sha256 | Self::Sha3_256 => hex && length == 64,
            Self::Sha384 | Self::Sha3_384 => hex && length == 96,
            Self::Sha512 | Self::Sha3_512 | Self::Whirlpool => hex && length == 128,
            Self::Ssdeep => (1..=128).contains(&length) && value.bytes().all(is_ssdeep),
            Self::Tlsh => {
                [70, 72].contains(&length) && value.bytes().all(|byte| byte.is_ascii_alphanumeric())
            }
        }
    }
}

impl fmt::Display for HashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn is_ssdeep(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+' | b':' | b'.')
}
