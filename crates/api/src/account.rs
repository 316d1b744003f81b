//! Whose key it is (CONTRACT 1.2).

/// What the service says about a key that it takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyInfo {
    /// Whose it is, such as `apikey:<UUID>`.
    pub identity: Option<String>,
    /// What it is, such as `access`.
    pub key_type: Option<String>,
    /// When it was issued, in seconds since 1970-01-01T00:00:00Z.
    pub issued_at: Option<i64>,
    /// From when on it counts, in seconds since 1970-01-01T00:00:00Z.
    pub not_before: Option<i64>,
    /// From when on it counts no more, in seconds since 1970-01-01T00:00:00Z.
    pub expires_at: Option<i64>,
    /// Whose feeds it sees. `None`: it is not told, as by the live service.
    pub community: Option<KeyCommunity>,
    /// What it may do, by the names of CONTRACT 1.3, those that are not known here too. `None`: it is not told, as by the
    /// live service.
    pub permissions: Option<Vec<String>>,
}

/// The community that a key belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyCommunity {
    /// None: it is an operator's and sees the feeds of all.
    All,
    /// The one with this UUID.
    One(String),
}

/// The user, or the stand-in for one, that a key belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// Its identifier.
    pub uuid: Option<String>,
    /// Its email address.
    pub email: Option<String>,
    /// Its first name.
    pub firstname: Option<String>,
    /// Its last name.
    pub lastname: Option<String>,
}
