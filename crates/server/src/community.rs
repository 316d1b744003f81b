//! What a key of a community sees of a center.

use std::sync::Arc;

use inthreat_api::{Error, ErrorKind, Result, Roles};
use inthreat_wire::{Asked, LiveQuestion, Question, Role};

/// A center as the one who asks sees it. It is only to be had by saying what it is asked.
pub(crate) struct Seen {
    center: Arc<dyn Roles>,
    /// Whether what belongs to other communities is out of sight.
    is_narrow: bool,
}

impl Seen {
    /// What a community sees; without one, everything.
    pub(crate) fn new(center: &Arc<dyn Roles>, community: Option<&str>) -> Self {
        let Some(uuid) = community else {
            return Self { center: Arc::clone(center), is_narrow: true };
        };
        match center.of_community(uuid) {
            Some(center) => Self { center, is_narrow: true },
            None => Self { center: Arc::clone(center), is_narrow: false },
        }
    }

    /// The center, to be asked whatever there is. Fails with [`ErrorKind::Forbidden`] where that would show what belongs
    /// to other communities.
    pub(crate) fn for_anything(&self) -> Result<&Arc<dyn Roles>> {
        if self.is_narrow {
            return Ok(&self.center);
        }
        let message = "this server does not tell communities apart, and the key belongs to one";
        Err(Error::new(ErrorKind::Forbidden, message))
    }

    /// The center, to be asked this.
    pub(crate) fn for_question(&self, asked: &Asked) -> Result<&Arc<dyn Roles>> {
        if concerns_communities(asked) { self.for_anything() } else { Ok(&self.center) }
    }

    /// The center, to be asked for the default feed and what is in it, which everyone sees.
    pub(crate) fn for_default_feed(&self) -> &Arc<dyn Roles> {
        &self.center
    }
}

/// Whether an answer could hold what belongs to a community.
fn concerns_communities(asked: &Asked) -> bool {
    match asked {
        Asked::Center(question) => match question {
            Question::Page(request) | Question::FormattedPage(request, _) => {
                !request.feed.is_default()
            }
            Question::Feed(feed) => !feed.is_default(),
            Question::Object(_)
            | Question::Objects(_)
            | Question::Relationship(_)
            | Question::Relationships(_)
            | Question::RelationshipsOf(_)
            | Question::Context(_)
            | Question::Indicators(_)
            | Question::IndicatorContexts(_) => false,
            _ => true,
        },
        Asked::Role(question) => match question {
            LiveQuestion::Patterns(feed, _) => !feed.is_default(),
            LiveQuestion::SearchObjects(request) => request.feed.is_some(),
            LiveQuestion::ListReports(request) => request.feed.is_some(),
            _ => question.role() == Role::IocCollections,
        },
    }
}
