//! Questions that every center answers: asked, or answered from what is kept.

use std::sync::Arc;

use axum::http::StatusCode;
use inthreat_api::{Error, PageFormat, Result, Roles};
use inthreat_wire::{Question, answer};

use crate::{
    handler::Answer,
    pages::{self, Page, PageCache, VersionedSlot},
};

/// Whether the state of the center alone decides what a question is answered with: neither who asks nor when.
pub(crate) fn is_of_state(question: &Question) -> bool {
    matches!(
        question,
        Question::Object(_)
            | Question::Relationship(_)
            | Question::RelationshipsOf(_)
            | Question::Context(_)
            | Question::Indicators(_)
            | Question::IndicatorContexts(_)
    )
}

/// Answers such a question.
pub(crate) async fn answer(
    slot: VersionedSlot,
    center: &dyn Roles,
    question: Question,
) -> Result<Answer> {
    let body = read(center, question).await?;
    if slot.is_one() {
        return Ok(slot.keep(Page::json(body)));
    }
    Ok(Answer::Json(StatusCode::OK, body))
}

/// Answers any other question.
pub(crate) async fn ask(
    cache: &Arc<PageCache>,
    center: &dyn Roles,
    question: Question,
) -> Result<Answer> {
    match question {
        Question::Page(request) => {
            // Only who keeps a feed of its own knows its format.
            let format = (!request.feed.is_default()).then_some(PageFormat::Own);
            pages::answer_page(cache, center, request, format).await
        }
        Question::FormattedPage(request, format) => {
            pages::answer_page(cache, center, request, Some(format)).await
        }
        Question::CreateFeed(draft) => {
            let feed = center.create_feed(draft).await?;
            Ok(Answer::Json(StatusCode::CREATED, answer::encode_feed(&feed)))
        }
        Question::DeleteFeed(id) => {
            center.delete_feed(id).await?;
            Ok(Answer::Json(StatusCode::NO_CONTENT, Vec::new()))
        }
        question => Ok(Answer::Json(StatusCode::OK, read(center, question).await?)),
    }
}

/// The body of the answer to a question that is answered with 200 and a body of JSON.
async fn read(center: &dyn Roles, question: Question) -> Result<Vec<u8>> {
    Ok(match question {
        Question::Object(id) => answer::encode_object(&center.object(id).await?),
        Question::Objects(ids) => answer::encode_objects(&center.objects(ids).await?),
        Question::Relationship(id) => answer::encode_object(&center.relationship(id).await?),
        Question::Relationships(ids) => answer::encode_objects(&center.relationships(ids).await?),
        Question::RelationshipsOf(request) => {
            answer::encode_relationships(&center.relationships_of(request).await?)
        }
        Question::Context(id) => answer::encode_bundle(&center.context(id).await?),
        Question::Indicators(observable) => {
            answer::encode_indicators(&center.indicators(observable).await?)
        }
        Question::IndicatorContexts(observable) => {
            answer::encode_contexts(&center.indicator_contexts(observable).await?)
        }
        Question::Feeds(request) => answer::encode_feeds(&center.feeds(request).await?),
        Question::Feed(id) => answer::encode_feed(&center.feed(id).await?),
        Question::UpdateFeed(id, draft) => {
            answer::encode_feed(&center.update_feed(id, draft).await?)
        }
        _ => return Err(Error::unsupported("this question")),
    })
}
