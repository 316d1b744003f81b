//! What a consumer reads, and how much of it at once.

use std::time::Duration;

use inthreat_api::{FeedId, LIMIT_MAX, ObservableType, PageRequest};
use inthreat_stix::{Timestamp, marking::Tlp};
use inthreat_store::CursorKey;

use crate::{Error, Filter, Result};

/// What a consumer reads, and how much of it at once.
///
/// ```
/// use inthreat_feed::Options;
///
/// let options = Options::default().with_types(["malware", "indicator"]);
/// assert_eq!(options.cursor_key()?.as_str(), "d6092c37-d8d7-45c3-8aff-c4dc26030608?type=indicator,malware");
/// # Ok::<(), inthreat_feed::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// What is asked of the feed: the feed itself, the objects on a page, filters, and `modified_after`, which counts
    /// only as long as there is no cursor. The consumer sets the `cursor` itself.
    ///
    /// By default the feed without filters, 2000 objects a page, with all properties and with network traffic left as it
    /// is written, so that a copy is faithful (CONTRACT 2.1, 5.6, 5.9).
    pub request: PageRequest,
    /// Stop after this many pages, caught up or not.
    pub pages_max: Option<u64>,
    /// How many pages may wait for the sink; they become one batch. 4 by default.
    pub batch_pages_max: usize,
    /// No page is fetched while this many bytes or more wait for the sink. 16 MiB by default; as much again may be in
    /// the sink's hands, and one page more is on its way.
    pub batch_bytes_max: usize,
    /// What the cursor is kept under, in the place of what [`Options::cursor_key`] derives.
    pub key: Option<CursorKey>,
    /// The name of the sink, where several sinks of one feed keep their cursors in one store: each has one consumer, and
    /// so a cursor of its own. Letters, digits, `-` and `_`; a part of what [`Options::cursor_key`] derives.
    pub sink: Option<String>,
    /// Which objects are kept; all when nothing is said.
    pub filter: Filter,
    /// At the end of a run that is caught up, what was modified in this time before the newest object is read once more,
    /// to catch what a source with equal timestamps skipped. Nothing when nothing is said.
    pub overlap: Option<Duration>,
    /// When the source refuses the cursor, begin again this long before the newest `modified` that was delivered, or at
    /// the beginning where that is not known. When nothing is said, a refused cursor is an error.
    pub restart_overlap: Option<Duration>,
    /// Takes the lease of the cursor for the time of a run, so that one of several consumers reads. None is taken when
    /// nothing is said: of two consumers of one feed the slower one then meets a conflict.
    pub lease: Option<LeaseOptions>,
}

/// How the lease of a cursor is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeaseOptions {
    /// Who takes it, for people to read.
    pub holder: String,
    /// For how long; it is renewed after each third of this time. 30 s when nothing is said. A consumer that was
    /// killed keeps others off for as long.
    pub time: Duration,
}

impl LeaseOptions {
    /// Takes it in this name.
    pub fn new(holder: impl Into<String>) -> Self {
        Self { holder: holder.into(), time: Duration::from_secs(30) }
    }

    /// Sets for how long it is taken.
    #[must_use]
    pub fn with_time(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        let mut request = PageRequest::new(FeedId::default()).with_limit(LIMIT_MAX);
        request.convert_network_traffic = Some(false);
        request.return_all_fields = Some(true);
        Self {
            request,
            pages_max: None,
            batch_pages_max: 4,
            batch_bytes_max: 16 * 1024 * 1024,
            key: None,
            sink: None,
            filter: Filter::default(),
            overlap: None,
            restart_overlap: None,
            lease: None,
        }
    }
}

impl Options {
    /// Reads this feed.
    pub fn new(feed: FeedId) -> Self {
        let mut options = Self::default();
        options.request.feed = feed;
        options
    }

    /// Sets how many objects a page may have.
    #[must_use]
    pub fn with_limit(mut self, limit: u32) -> Self {
        self.request.limit = Some(limit);
        self
    }

    /// Sets the STIX types that are read.
    #[must_use]
    pub fn with_types<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.request.types = types.into_iter().map(Into::into).collect();
        self
    }

    /// Sets from when on the first run reads.
    #[must_use]
    pub fn with_modified_after(mut self, instant: impl Into<Option<Timestamp>>) -> Self {
        self.request.modified_after = instant.into();
        self
    }

    /// Sets after how many pages to stop.
    #[must_use]
    pub fn with_pages_max(mut self, pages: impl Into<Option<u64>>) -> Self {
        self.pages_max = pages.into();
        self
    }

    /// Sets how much may wait for the sink: pages and bytes. At least one page always may.
    #[must_use]
    pub fn with_batch_max(mut self, pages: usize, bytes: usize) -> Self {
        (self.batch_pages_max, self.batch_bytes_max) = (pages, bytes);
        self
    }

    /// Sets what the cursor is kept under.
    #[must_use]
    pub fn with_key(mut self, key: CursorKey) -> Self {
        self.key = Some(key);
        self
    }

    /// Sets the name of the sink, as a part of what the cursor is kept under.
    #[must_use]
    pub fn with_sink(mut self, name: impl Into<Option<String>>) -> Self {
        self.sink = name.into();
        self
    }

    /// Sets which objects are kept.
    #[must_use]
    pub fn with_filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// Sets how much is read once more at the end of a run.
    #[must_use]
    pub fn with_overlap(mut self, overlap: impl Into<Option<Duration>>) -> Self {
        self.overlap = overlap.into();
        self
    }

    /// Sets whether a refused cursor is no error, and how long before the newest object to begin again then.
    #[must_use]
    pub fn with_restart_overlap(mut self, overlap: impl Into<Option<Duration>>) -> Self {
        self.restart_overlap = overlap.into();
        self
    }

    /// Sets whether and how the lease of the cursor is taken.
    #[must_use]
    pub fn with_lease(mut self, lease: impl Into<Option<LeaseOptions>>) -> Self {
        self.lease = lease.into();
        self
    }

    /// What the cursor is kept under: the feed's id, and behind a `?` every filter that changes which objects arrive or
    /// what they look like, in a fixed order, as `<feed>?type=indicator,malware&include_revoked=false`, and the name of a sink behind an `@`. So the same
    /// reading goes on where it stopped, and another reading of the feed has a cursor of its own.
    ///
    /// `limit` and `modified_after` are no part of it. An error for filters that cannot be written so: give a key.
    pub fn cursor_key(&self) -> Result<CursorKey> {
        if self.request.latest == Some(true) {
            return Err(Error::invalid("`latest` has no order in which a feed could be read on"));
        }
        if let Some(key) = &self.key {
            return Ok(key.clone());
        }
        let request = &self.request;
        let mut filters = Vec::new();
        let observable_types = request.observable_types.iter().map(ObservableType::as_str);
        list(&mut filters, "type", request.types.iter().map(String::as_str).collect())?;
        list(&mut filters, "observable_type", observable_types.collect())?;
        flag(&mut filters, "include_revoked", request.include_revoked);
        flag(&mut filters, "skip_expired", request.skip_expired);
        flag(&mut filters, "return_all_fields", request.return_all_fields.filter(|all| !*all));
        flag(
            &mut filters,
            "convert_network_traffic",
            request.convert_network_traffic.filter(|convert| *convert),
        );
        self.filter_names(&mut filters)?;
        let mark = if filters.is_empty() { "" } else { "?" };
        let sink = match &self.sink {
            Some(name) if is_name(name) => format!("@{name}"),
            Some(bad) => return Err(no_name("sink", bad)),
            None => String::new(),
        };
        format!("{}{mark}{}{sink}", request.feed, filters.join("&")).parse().map_err(|_| {
            Error::invalid("the filters are too long for the key of a cursor: give a key")
        })
    }
}

impl Options {
    /// What the filter drops is part of the reading too: whoever widens it later wants what was dropped before.
    fn filter_names(&self, filters: &mut Vec<String>) -> Result<()> {
        let filter = &self.filter;
        let observable_types = filter.observable_types.iter().map(ObservableType::as_str);
        list(filters, "keep_type", filter.types.iter().map(String::as_str).collect())?;
        list(filters, "keep_observable_type", observable_types.collect())?;
        filters.extend(filter.tlp_max.map(|tlp| format!("tlp_max={}", tlp_name(tlp))));
        filters.extend(filter.confidence_min.map(|min| format!("confidence_min={min}")));
        flag(filters, "drop_revoked", filter.drop_revoked.then_some(true));
        flag(filters, "drop_expired", filter.drop_expired.then_some(true));
        Ok(())
    }
}

/// The name of a marking, such as `amber+strict`.
fn tlp_name(tlp: Tlp) -> String {
    tlp.as_str().trim_start_matches("TLP:").to_ascii_lowercase()
}

fn list(filters: &mut Vec<String>, name: &str, mut members: Vec<&str>) -> Result<()> {
    if let Some(bad) = members.iter().find(|member| !is_name(member)) {
        return Err(no_name(name, bad));
    }
    members.sort_unstable();
    members.dedup();
    if !members.is_empty() {
        filters.push(format!("{name}={}", members.join(",")));
    }
    Ok(())
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn no_name(name: &str, bad: &str) -> Error {
    let bad = bad.escape_default();
    Error::invalid(format!("`{bad}` is no {name}: expected letters, digits, `-` or `_`"))
}

fn flag(filters: &mut Vec<String>, name: &str, value: Option<bool>) {
    filters.extend(value.map(|value| format!("{name}={value}")));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    // Catches two readings that share a cursor, and one reading that loses it when an option is spelled another way.
    #[test]
    fn a_reading_has_one_key() {
        let key = |options: Options| options.cursor_key().unwrap().as_str().to_owned();
        assert_eq!(key(Options::default()), FeedId::DEFAULT);
        assert_eq!(key(Options::default().with_limit(1).with_pages_max(3)), FeedId::DEFAULT);
        let both = key(Options::default().with_types(["b", "a", "b"]));
        assert_eq!(both, key(Options::default().with_types(["a", "b"])));
        assert_ne!(both, key(Options::default().with_types(["a"])));
        let mut options = Options::new("feed".parse().unwrap());
        options.request.include_revoked = Some(false);
        options.request.convert_network_traffic = Some(true);
        assert_eq!(key(options), "feed?include_revoked=false&convert_network_traffic=true");
        let named = |name: &str| Options::default().with_types(["a"]).with_sink(name.to_owned());
        assert_eq!(key(named("exec")), format!("{}?type=a@exec", FeedId::DEFAULT));
        assert!(named("a@b").cursor_key().unwrap_err().to_string().contains("`a@b` is no sink"));
        let filter = Filter::default().with_tlp_max(Tlp::AmberStrict).with_drop_revoked(true);
        let filtered = Options::new("feed".parse().unwrap()).with_filter(filter);
        assert_eq!(key(filtered), "feed?tlp_max=amber+strict&drop_revoked=true");
    }

    // Catches filters that run into each other in the key, and a panic on long ones.
    #[test]
    fn filters_without_a_key_are_refused() {
        let long: Vec<String> = (0..100).map(|n| format!("type-{n}")).collect();
        let mut latest = Options::default();
        latest.request.latest = Some(true);
        for options in [
            Options::default().with_types(["a,b"]),
            Options::default().with_types([""]),
            Options::default().with_types(long.clone()),
            latest,
        ] {
            assert_eq!(options.cursor_key().unwrap_err().kind(), ErrorKind::InvalidOptions);
        }
        let given = Options::default().with_types(long).with_key("mine".parse().unwrap());
        assert_eq!(given.cursor_key().unwrap().as_str(), "mine");
    }
}
