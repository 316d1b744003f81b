//! Lists and feeds from one end to the other: page by page or item by item.

use std::{
    fmt, mem,
    pin::Pin,
    task::{Context, Poll},
    vec,
};

use futures_core::Stream;
use inthreat_stix::RawObject;

use crate::{
    Cursor, Error, ErrorKind, Feed, FeedList, FeedsRequest, IocCollection, IocCollectionList,
    IocCollectionsRequest, IocsRequest, LightObject, LightObjectList, NamedRequest, OFFSET_MAX,
    ObjectList, ObjectsRequest, ObservableIndicatorsRequest, ObservablePageRequest,
    ObservableSearchRequest, ObservablesRequest, Page, PageRequest, PatternEntry, PatternPage,
    PatternPageRequest, Related, RelatedPage, RelationshipList, RelationshipPageRequest,
    RelationshipsRequest, ReportsRequest, Result, SearchRequest, TagList, TypedRequest,
    WindowRequest,
};

/// An answer that holds some items of a longer list.
pub trait Listing {
    /// What the list is of.
    type Item;

    /// The items of this answer.
    fn into_items(self) -> Vec<Self::Item>;
}

/// A question that can be asked on, where its answer `A` ends.
pub trait Paged<A>: Sized {
    /// The question after this one; `None` at the end of the list.
    ///
    /// Fails where the service cannot go on although there is more: a cursor that does not move
    /// ([`ErrorKind::Protocol`]), an offset beyond [`OFFSET_MAX`] ([`ErrorKind::InvalidRequest`]).
    fn following(&self, answer: &A) -> Result<Option<Self>>;
}

type Asked<'a, A> = Pin<Box<dyn Future<Output = Result<A>> + Send + 'a>>;

/// A list from one end to the other, page by page.
///
/// It is a [`Stream`] of the crate `futures-core`, the one type of another crate in this interface: that trait is what
/// every asynchronous Rust program iterates with, and it will move into the standard library rather than change. One
/// question is asked at a time, and none before the stream is polled. An error ends the stream;
/// [`Pager::unanswered`] is the question to go on with. Dropping the stream leaves nothing behind.
///
/// A feed ends at the first page without items (CONTRACT 2.1): a service may cap its pages, so a short one is no end.
///
/// ```
/// use inthreat_api::{Collections, FeedId, PageRequest, Pager};
///
/// fn everything(center: &dyn Collections) -> impl futures_core::Stream + '_ {
///     let request = PageRequest::new(FeedId::default()).with_limit(2000);
///     Pager::new(request, |request| center.page(request)).items()
/// }
/// ```
pub struct Pager<'a, Q, A> {
    ask: Box<dyn FnMut(Q) -> Asked<'a, A> + Send + 'a>,
    /// The question that was not answered yet; `None` at the end of the list.
    question: Option<Q>,
    asked: Option<Asked<'a, A>>,
    /// What stopped the stream behind a good page.
    stop: Option<Error>,
    failed: bool,
}

impl<'a, Q: Paged<A> + Clone, A> Pager<'a, Q, A> {
    /// A list that begins with this question; `ask` asks it.
    pub fn new<F>(first: Q, mut ask: impl FnMut(Q) -> F + Send + 'a) -> Self
    where
        F: Future<Output = Result<A>> + Send + 'a,
    {
        Self {
            ask: Box::new(move |question| Box::pin(ask(question))),
            question: Some(first),
            asked: None,
            stop: None,
            failed: false,
        }
    }

    /// The question that has not been answered yet, after an error the one that failed; `None` at the end of the list.
    pub fn unanswered(&self) -> Option<&Q> {
        self.question.as_ref()
    }

    /// The same item by item.
    pub fn items(self) -> Items<'a, Q, A>
    where
        A: Listing,
    {
        Items { pages: self, items: Vec::new().into_iter() }
    }
}

impl<Q: Paged<A> + Clone + Unpin, A> Stream for Pager<'_, Q, A> {
    type Item = Result<A>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<A>>> {
        let this = &mut *self;
        if let Some(error) = this.stop.take() {
            this.failed = true;
            return Poll::Ready(Some(Err(error)));
        }
        let Some(question) = this.question.as_ref().filter(|_| !this.failed) else {
            return Poll::Ready(None);
        };
        let asked = this.asked.get_or_insert_with(|| (this.ask)(question.clone()));
        let Poll::Ready(answer) = asked.as_mut().poll(context) else { return Poll::Pending };
        this.asked = None;
        match &answer {
            Err(_) => this.failed = true,
            Ok(answer) => match question.following(answer) {
                Ok(next) => this.question = next,
                Err(error) => this.stop = Some(error),
            },
        }
        Poll::Ready(Some(answer))
    }
}

impl<Q: fmt::Debug, A> fmt::Debug for Pager<'_, Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pager").field("question", &self.question).finish_non_exhaustive()
    }
}

/// A list from one end to the other, item by item: a [`Stream`], see [`Pager`].
pub struct Items<'a, Q, A: Listing> {
    pages: Pager<'a, Q, A>,
    items: vec::IntoIter<A::Item>,
}

impl<Q: Paged<A> + Clone + Unpin, A: Listing> Stream for Items<'_, Q, A>
where
    A::Item: Unpin,
{
    type Item = Result<A::Item>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<A::Item>>> {
        loop {
            if let Some(item) = self.items.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match Pin::new(&mut self.pages).poll_next(context) {
                Poll::Ready(Some(Ok(page))) => self.items = page.into_items().into_iter(),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<Q: fmt::Debug, A: Listing> fmt::Debug for Items<'_, Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Items").field(&self.pages).finish()
    }
}

/// Where to go on after a page with a cursor.
fn following_cursor(
    sent: Option<&Cursor>,
    next: Option<&Cursor>,
    is_empty: bool,
) -> Result<Option<Cursor>> {
    match next {
        _ if is_empty => Ok(None),
        None => Ok(None),
        Some(next) if Some(next) == sent => {
            let message = "the page has items, but its cursor is the one that was sent";
            Err(Error::new(ErrorKind::Protocol, message).with_field("next_cursor"))
        }
        Some(next) => Ok(Some(next.clone())),
    }
}

/// Where to go on after a part of a list.
fn following_offset(offset: Option<u32>, items: usize, has_more: bool) -> Result<Option<u32>> {
    if !has_more || items == 0 {
        return Ok(None);
    }
    let items = u32::try_from(items).unwrap_or(u32::MAX);
    let next = offset.unwrap_or(0).saturating_add(items);
    if next > OFFSET_MAX {
        let reason = format_args!("the list has more than {OFFSET_MAX} items; narrow the question");
        return Err(Error::invalid("offset", reason));
    }
    Ok(Some(next))
}

macro_rules! by_cursor {
    ($($request:ty => $answer:ty, $empty:expr;)*) => {$(
        impl Paged<$answer> for $request {
            fn following(&self, answer: &$answer) -> Result<Option<Self>> {
                let is_empty: fn(&$answer) -> bool = $empty;
                let next = answer.next_cursor.as_ref();
                let next = following_cursor(self.cursor.as_ref(), next, is_empty(answer))?;
                Ok(next.map(|cursor| Self { cursor: Some(cursor), ..self.clone() }))
            }
        }
    )*};
}

by_cursor! {
    PageRequest => Page, Page::is_empty;
    ObservablePageRequest => Page, Page::is_empty;
    RelationshipPageRequest => RelatedPage, |page| page.items.is_empty();
    PatternPageRequest => PatternPage, |page| page.items.is_empty();
}

macro_rules! by_offset {
    ($($request:ty => $answer:ty;)*) => {$(
        impl Paged<$answer> for $request {
            fn following(&self, answer: &$answer) -> Result<Option<Self>> {
                let next = following_offset(self.offset, answer.items.len(), answer.has_more)?;
                Ok(next.map(|offset| Self { offset: Some(offset), ..self.clone() }))
            }
        }
    )*};
}

by_offset! {
    RelationshipsRequest => RelationshipList;
    WindowRequest => RelationshipList;
    WindowRequest => ObjectList;
    NamedRequest => ObjectList;
    NamedRequest => TagList;
    TypedRequest => ObjectList;
    ObjectsRequest => ObjectList;
    ObjectsRequest => LightObjectList;
    SearchRequest => ObjectList;
    ReportsRequest => ObjectList;
    ObservablesRequest => ObjectList;
    ObservableSearchRequest => ObjectList;
    ObservableIndicatorsRequest => ObjectList;
    IocsRequest => ObjectList;
}

macro_rules! by_total {
    ($($request:ty => $answer:ty;)*) => {$(
        impl Paged<$answer> for $request {
            fn following(&self, answer: &$answer) -> Result<Option<Self>> {
                let so_far = u64::from(self.offset.unwrap_or(0));
                let items = u64::try_from(answer.items.len()).unwrap_or(u64::MAX);
                let has_more = so_far.saturating_add(items) < answer.total;
                let next = following_offset(self.offset, answer.items.len(), has_more)?;
                Ok(next.map(|offset| Self { offset: Some(offset), ..self.clone() }))
            }
        }
    )*};
}

by_total! {
    FeedsRequest => FeedList;
    IocCollectionsRequest => IocCollectionList;
}

macro_rules! listings {
    ($($answer:ty, $field:ident: $item:ty;)*) => {$(
        impl Listing for $answer {
            type Item = $item;

            fn into_items(mut self) -> Vec<$item> {
                mem::take(&mut self.$field)
            }
        }
    )*};
}

listings! {
    Page, objects: RawObject;
    RelatedPage, items: Related;
    PatternPage, items: PatternEntry;
    ObjectList, items: RawObject;
    LightObjectList, items: LightObject;
    RelationshipList, items: Related;
    TagList, items: String;
    FeedList, items: Feed;
    IocCollectionList, items: IocCollection;
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn object(name: &str) -> RawObject {
        RawObject::new(format!("{{\"id\":\"{name}\"}}")).unwrap()
    }

    fn cursor(text: &str) -> Cursor {
        Cursor::new(text).unwrap()
    }

    fn all<S: Stream + Unpin>(mut stream: S) -> Vec<S::Item> {
        let mut items = Vec::new();
        let mut context = Context::from_waker(Waker::noop());
        loop {
            match Pin::new(&mut stream).poll_next(&mut context) {
                Poll::Ready(Some(item)) => items.push(item),
                Poll::Ready(None) => return items,
                Poll::Pending => panic!("nothing here waits"),
            }
        }
    }

    /// A feed of five objects in pages of two.
    fn answer(request: &PageRequest) -> Page {
        let from = request.cursor.as_ref().map_or(0, |cursor| cursor.as_str().parse().unwrap());
        let objects: Vec<_> =
            (from..5).take(2).map(|number: i32| object(&number.to_string())).collect();
        let next = from + i32::try_from(objects.len()).unwrap();
        Page::new(objects, Some(cursor(&next.to_string())))
    }

    // Catches an end that is taken at a short page or never, and objects that are lost or doubled.
    #[test]
    fn a_feed_is_read_to_its_empty_page() {
        let mut questions = 0;
        let pages = Pager::new(PageRequest::default(), |request| {
            questions += 1;
            std::future::ready(Ok(answer(&request)))
        });
        let names: Vec<_> = all(pages.items())
            .into_iter()
            .map(|item| item.unwrap().id().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["0", "1", "2", "3", "4"]);
        assert_eq!(questions, 4);
    }

    // Catches an endless loop over a page whose cursor does not move; its objects are given first.
    #[test]
    fn a_cursor_that_does_not_move_is_an_error() {
        let pages = Pager::new(PageRequest::default(), |_| {
            std::future::ready(Ok(Page::new(vec![object("a")], Some(cursor("c")))))
        });
        let found = all(pages);
        assert_eq!(found.len(), 3);
        assert_eq!(found[2].as_ref().unwrap_err().field(), Some("next_cursor"));
    }

    // Catches a stream that goes on behind an error, or that forgets which question failed.
    #[test]
    fn an_error_ends_the_stream_and_the_question_is_kept() {
        let mut pages = Pager::new(PageRequest::default(), |request: PageRequest| {
            std::future::ready(match request.cursor {
                None => Ok(answer(&request)),
                Some(_) => Err(Error::new(ErrorKind::Transport, "broken")),
            })
        });
        let found = all(&mut pages);
        assert!(found[0].is_ok() && found[1].is_err() && found.len() == 2);
        assert_eq!(pages.unanswered().unwrap().cursor, Some(cursor("2")));
    }

    // Catches a list that ends silently where the service cannot go on.
    #[test]
    fn a_list_beyond_the_last_offset_says_so() {
        let list = ObjectList::new(vec![object("a")], None, true);
        let request = ObjectsRequest::default().with_offset(9_999_u32);
        assert_eq!(request.following(&list).unwrap().unwrap().offset, Some(10_000));
        let request = ObjectsRequest::default().with_offset(10_000_u32);
        assert_eq!(request.following(&list).unwrap_err().field(), Some("offset"));
        let last = ObjectList::new(vec![object("a")], None, false);
        assert!(request.following(&last).unwrap().is_none());
        let feeds = FeedList::new(vec![Feed::unfiltered()], 2);
        assert_eq!(FeedsRequest::default().following(&feeds).unwrap().unwrap().offset, Some(1));
    }
}
