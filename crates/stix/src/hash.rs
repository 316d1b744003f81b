//! Hash algorithms: their names, inferred from other spellings, and the form of their values.

use std::fmt;

macro_rules! algorithms {
    ($($variant:ident $name:literal;)*) => {
        /// A hash algorithm of `hash-algorithm-ov` (STIX 2.1, section 10.6), or one that only STIX 2.0 names.
        ///
        /// ```
        /// use inthreat_stix::HashAlgorithm;
        ///
        /// let algorithm = HashAlgorithm::infer("sha256").expect("a known name");
        /// assert_eq!(algorithm, HashAlgorithm::Sha256);
        /// assert_eq!(algorithm.as_str(), "SHA-256");
        /// assert!(!algorithm.accepts("cead3f77f6cda6ec00f57d76c9a6879f"));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum HashAlgorithm {
            $(#[doc = concat!("`", $name, "`.")] $variant,)*
        }

        impl HashAlgorithm {
            /// Every algorithm.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name that STIX 2.1 gives to the algorithm in `hashes`; of those that it does not name, the
            /// name of STIX 2.0.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

algorithms! {
    Md5 "MD5";
    Md6 "MD6";
    Ripemd160 "RIPEMD-160";
    Sha1 "SHA-1";
    Sha224 "SHA-224";
    Sha256 "SHA-256";
    Sha384 "SHA-384";
    Sha512 "SHA-512";
    Sha3_224 "SHA3-224";
    Sha3_256 "SHA3-256";
    Sha3_384 "SHA3-384";
    Sha3_512 "SHA3-512";
    Ssdeep "SSDEEP";
    Whirlpool "WHIRLPOOL";
    Tlsh "TLSH";
}

impl HashAlgorithm {
    /// The algorithm that a name means, whatever its case and its hyphens: `sha256`, `Sha-256`, `SHA-256`.
    pub fn infer(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|algorithm| {
            let plain = |text: &'static str| text.bytes().filter(|b| *b != b'-');
            let given = name.bytes().filter(|b| *b != b'-').map(|b| b.to_ascii_uppercase());
            plain(algorithm.as_str()).eq(given)
        })
    }

    /// Whether a value has the form that the algorithm gives: so many hexadecimal digits of either case, or the
    /// characters of a fuzzy hash. A TLSH may carry the `T1` of its newer version.
    pub fn accepts(self, value: &str) -> bool {
        let hex = |digits: usize| value.len() == digits && value.bytes().all(|b| b.is_ascii_hexdigit());
        match self {
            Self::Md5 => hex(32),
            Self::Md6 => [32, 40, 56, 64, 96, 128].into_iter().any(hex),
            Self::Ripemd160 | Self::Sha1 => hex(40),
            Self::Sha224 | Self::Sha3_224 => hex(56),
            Self::Sha256 | Self::Sha3_256 => hex(64),
            Self::Sha384 | Self::Sha3_384 => hex(96),
            Self::Sha512 | Self::Sha3_512 | Self::Whirlpool => hex(128),
            Self::Ssdeep => {
                let plain = |b: u8| b.is_ascii_alphanumeric() || b"/+:.".contains(&b);
                matches!(value.len(), 1..=128) && value.bytes().all(plain)
            }
            Self::Tlsh => {
                let digits = value.strip_prefix("T1").unwrap_or(value);
                digits.len() == 70 && digits.bytes().all(|b| b.is_ascii_alphanumeric())
            }
        }
    }
}

impl fmt::Display for HashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a name that does not lead back to its algorithm.
    #[test]
    fn names_are_inferred() {
        for algorithm in HashAlgorithm::ALL {
            assert_eq!(HashAlgorithm::infer(algorithm.as_str()), Some(*algorithm));
            let lower = algorithm.as_str().to_lowercase().replace('-', "");
            assert_eq!(HashAlgorithm::infer(&lower), Some(*algorithm));
        }
        assert_eq!(HashAlgorithm::infer("foo"), None);
        assert_eq!(HashAlgorithm::infer(""), None);
    }

    // Catches a length that belongs to another algorithm.
    #[test]
    fn values_have_their_length() {
        let digits = |length| "0".repeat(length);
        assert!(HashAlgorithm::Sha1.accepts(&digits(40)));
        assert!(!HashAlgorithm::Sha1.accepts(&digits(41)));
        assert!(!HashAlgorithm::Md5.accepts(&"x".repeat(32)));
        assert!(HashAlgorithm::Tlsh.accepts(&format!("T1{}", "A".repeat(70))));
    }
}
