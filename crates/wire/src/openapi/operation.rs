//! What the document says of one operation, in words that constants can hold.

use inthreat_api::OFFSET_MAX;

use crate::{Role, parameters::LIMIT_DECLARED_MAX};

/// What a parameter may be.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Text,
    Flag,
    /// How many things to answer: what it is lowered to, and what it is when nothing is said.
    Limit {
        allowed: u32,
        default: u32,
    },
    Offset,
    Cursor,
    Instant,
    /// A comma list, or an array in a body.
    List,
    /// The same of identifiers of STIX.
    Ids,
    Id,
    Feed,
    Word(&'static [&'static str]),
    Percent,
}

/// A parameter of a query, or an argument that may stand in the query or in the body.
#[derive(Clone, Copy)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) is_required: bool,
    pub(super) about: &'static str,
}

impl Parameter {
    pub(super) const fn new(name: &'static str, shape: Shape, about: &'static str) -> Self {
        Self { name, shape, is_required: false, about }
    }

    pub(super) const fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    /// The least and the largest number that is taken.
    pub(super) fn range(&self) -> Option<(u32, u32)> {
        match self.shape {
            Shape::Limit { .. } => Some((1, LIMIT_DECLARED_MAX)),
            Shape::Offset => Some((0, OFFSET_MAX)),
            Shape::Percent => Some((0, 100)),
            _ => None,
        }
    }
}

/// What the body of a question is.
#[derive(Clone, Copy)]
pub(super) enum Body {
    None,
    /// An object whose properties may stand in the query instead, if none of them is required.
    Arguments(&'static [&'static [Parameter]]),
    /// One of the schemas.
    Schema(&'static str),
}

/// What a question is answered with when nothing is wrong.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    /// A status and one of the schemas.
    Json(u16, &'static str),
    /// A page of a feed in whatever format.
    Page,
    /// A file.
    File,
    /// A list for firewalls.
    Lines,
    /// A file of the feed of MISP.
    Misp,
    /// Status 204.
    Nothing,
}

/// One operation.
#[derive(Clone, Copy)]
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) role: Role,
    pub(super) summary: &'static str,
    pub(super) query: &'static [&'static [Parameter]],
    pub(super) body: Body,
    pub(super) answer: Answer,
}

impl Operation {
    pub(super) const fn new(
        role: Role,
        method: &'static str,
        path: &'static str,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self { method, path, role, summary, query: &[], body: Body::None, answer }
    }

    pub(super) const fn with_query(mut self, query: &'static [&'static [Parameter]]) -> Self {
        self.query = query;
        self
    }

    pub(super) const fn with_body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// The parameters of the query, in the order in which they are told.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &'static Parameter> {
        self.query.iter().copied().flatten()
    }
}
