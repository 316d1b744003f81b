//! The confidence scales of STIX 2.1, appendix A.
//!
//! `confidence` is a number from 0 to 100. People speak in words: each scale has some, the values that each word
//! stands for, and the value that it is written as.
//!
//! ```
//! use inthreat_stix::confidence::Scale;
//!
//! assert_eq!(Scale::NoneLowMedHigh.word(72), Some("High"));
//! assert_eq!(Scale::NoneLowMedHigh.value("High"), Some(85));
//! assert_eq!(Scale::AdmiraltyCredibility.word(101), None);
//! ```

/// A way to put confidence into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scale {
    /// None, Low, Med, High.
    NoneLowMedHigh,
    /// 0 to 10.
    ZeroToTen,
    /// The credibility of the Admiralty code, from `5 - Improbable` to `1 - Confirmed by other sources`. Its
    /// `6 - Truth cannot be judged` stands for no value.
    AdmiraltyCredibility,
    /// Words of Estimative Probability.
    EstimativeProbability,
    /// The scale of the United States' Director of National Intelligence.
    Dni,
}

/// The first value of a range, the word for it, and the value that the word is written as.
type Step = (u8, &'static str, u8);

impl Scale {
    /// Every scale.
    pub const ALL: &[Self] = &[
        Self::NoneLowMedHigh,
        Self::ZeroToTen,
        Self::AdmiraltyCredibility,
        Self::EstimativeProbability,
        Self::Dni,
    ];

    /// The word for a value; none above 100.
    pub fn word(self, value: u8) -> Option<&'static str> {
        let step = self.steps().iter().rev().find(|(from, ..)| *from <= value)?;
        (value <= 100).then_some(step.1)
    }

    /// The value that a word of the scale is written as.
    pub fn value(self, word: &str) -> Option<u8> {
        self.steps().iter().find(|(_, known, _)| *known == word).map(|(.., value)| *value)
    }

    /// The words of the scale, from the least confidence to the most.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        self.steps().iter().map(|(_, word, _)| *word)
    }

    fn steps(self) -> &'static [Step] {
        match self {
            Self::NoneLowMedHigh => {
                &[(0, "None", 0), (1, "Low", 15), (30, "Med", 50), (70, "High", 85)]
            }
            Self::ZeroToTen => &[
                (0, "0", 0),
                (5, "1", 10),
                (15, "2", 20),
                (25, "3", 30),
                (35, "4", 40),
                (45, "5", 50),
                (55, "6", 60),
                (65, "7", 70),
                (75, "8", 80),
                (85, "9", 90),
                (95, "10", 100),
            ],
            Self::AdmiraltyCredibility => &[
                (0, "5 - Improbable", 10),
                (20, "4 - Doubtful", 30),
                (40, "3 - Possibly True", 50),
                (60, "2 - Probably True", 70),
                (80, "1 - Confirmed by other sources", 90),
            ],
            Self::EstimativeProbability => &[
                (0, "Impossible", 0),
                (1, "Highly Unlikely/Almost Certainly Not", 10),
                (20, "Unlikely/Probably Not", 30),
                (40, "Even Chance", 50),
                (60, "Likely/Probable", 70),
                (80, "Highly likely/Almost Certain", 90),
                (100, "Certain", 100),
            ],
            Self::Dni => &[
                (0, "Almost No Chance / Remote", 5),
                (10, "Very Unlikely / Highly Improbable", 15),
                (20, "Unlikely / Improbable", 30),
                (40, "Roughly Even Chance / Roughly Even Odds", 50),
                (60, "Likely / Probable", 70),
                (80, "Very Likely / Highly Probable", 85),
                (95, "Almost Certain / Nearly Certain", 95),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a range that begins in the wrong place: the value of each word must lie in its own range.
    #[test]
    fn words_and_values_agree() {
        for scale in Scale::ALL {
            for word in scale.words() {
                assert_eq!(scale.word(scale.value(word).unwrap()), Some(word));
            }
            assert_eq!(scale.word(101), None);
            assert_eq!(scale.value("?"), None);
        }
    }
}
