//! Who answers a question.

use crate::LiveQuestion;

/// Who answers a question: every center, or those that play a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Every center: pages of feeds, objects, look-ups, feeds.
    Center,
    /// The server itself, whatever the center is: keys, the feed of MISP, lists for firewalls.
    Server,
    /// `LiveCollections`: pages other than those of feeds.
    LiveCollections,
    /// `ObjectSearch`: lists and searches of objects.
    ObjectSearch,
    /// `ObjectDetails`: what belongs to one object.
    ObjectDetails,
    /// `Relationships`: lists of relationships.
    Relationships,
    /// `Reports`: reports and what they hold.
    Reports,
    /// `Observables`: observables.
    Observables,
    /// `Exports`: exports and their files, and the files of objects.
    Exports,
    /// `IocCollections`: a community's own indicators.
    IocCollections,
}

impl LiveQuestion {
    /// Who answers it. What a key is told of itself is the server's, which knows its own keys.
    ///
    /// ```
    /// use inthreat_wire::{LiveQuestion, Role};
    ///
    /// assert_eq!(LiveQuestion::CountIocs(None).role(), Role::IocCollections);
    /// assert_eq!(LiveQuestion::Me.role(), Role::Server);
    /// ```
    pub fn role(&self) -> Role {
        match self {
            Self::ObservablePage(_) | Self::RelationshipPage(_) | Self::Patterns(..) => {
                Role::LiveCollections
            }
            Self::ListObjects(_)
            | Self::ListLightObjects(_)
            | Self::SearchObjects(_)
            | Self::Sectors(_)
            | Self::Sources(_) => Role::ObjectSearch,
            Self::RelationshipStatistics(..)
            | Self::RelationshipTypes(_)
            | Self::ReportsOf(..)
            | Self::SourcesOf(_)
            | Self::ObservablesOf(..) => Role::ObjectDetails,
            Self::ListRelationships(_) | Self::IndicatesRelationships(_) => Role::Relationships,
            Self::ListReports(_)
            | Self::Report(_)
            | Self::ReportObjects(..)
            | Self::ReportObservables(..) => Role::Reports,
            Self::ListObservables(_)
            | Self::SearchObservables(_)
            | Self::BulkSearchObservables(_)
            | Self::CountObservables(_)
            | Self::ObservableTags(_)
            | Self::Observable(_)
            | Self::ObservableRelationships(..)
            | Self::ObservableIndicators(..)
            | Self::ObservableReports(..) => Role::Observables,
            Self::CreateExport(_) | Self::Export(_) | Self::ExportFile(_) | Self::FileOf(..) => {
                Role::Exports
            }
            Self::IocCollections(_)
            | Self::CreateIocCollection(_)
            | Self::IocCollection(_)
            | Self::UpdateIocCollection(..)
            | Self::DeleteIocCollection(_)
            | Self::CountIocs(_)
            | Self::ListIocs(..)
            | Self::AddIocs(..)
            | Self::AddIocText(..)
            | Self::UpdateIoc(..)
            | Self::RevokeIoc(..)
            | Self::DeleteIoc(..)
            | Self::IocContext(..) => Role::IocCollections,
            Self::ValidateKey | Self::Me => Role::Server,
        }
    }
}
