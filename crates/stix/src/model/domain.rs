//! STIX Domain Objects (STIX 2.1, section 4).

use super::{Dictionary, KillChainPhase, Number, object};
use crate::{
    Id, Object, Timestamp,
    model::Common,
    vocabulary::{
        AttackMotivation, AttackResourceLevel, GroupingContext, IdentityClass,
        ImplementationLanguage, IndicatorType, IndustrySector, InfrastructureType,
        MalwareCapability, MalwareResult, MalwareType, OpinionValue, PatternType,
        ProcessorArchitecture, Region, ReportType, ThreatActorRole, ThreatActorSophistication,
        ThreatActorType, ToolType,
    },
};

object! {
    /// A way in which adversaries attempt to compromise targets (section 4.1).
    AttackPattern "attack-pattern" domain(name: String) {
        /// The name of the attack pattern.
        name with_name: String;
        /// A description in words.
        description with_description: String;
        /// Other names.
        aliases with_aliases: Vec<String>;
        /// The phases of kill chains that it is used in.
        kill_chain_phases with_kill_chain_phases: Vec<KillChainPhase>;
    }
}

object! {
    /// Malicious behaviour against specific targets over a period of time (section 4.2).
    Campaign "campaign" domain(name: String) {
        /// The name of the campaign.
        name with_name: String;
        /// A description in words.
        description with_description: String;
        /// Other names.
        aliases with_aliases: Vec<String>;
        /// When it was first seen.
        first_seen with_first_seen: Timestamp;
        /// When it was last seen; not before `first_seen`.
        last_seen with_last_seen: Timestamp;
        /// What it is meant to achieve.
        objective with_objective: String;
    }
}

object! {
    /// What can be done against an attack or in response to it (section 4.3).
    CourseOfAction "course-of-action" domain(name: String) {
        /// The name of the course of action.
        name with_name: String;
        /// A description in words.
        description with_description: String;
    }
}

object! {
    /// Objects that share a context (section 4.4).
    Grouping "grouping" domain(context: GroupingContext, object_refs: Vec<Id>) {
        /// The name of the grouping.
        name with_name: String;
        /// A description in words.
        description with_description: String;
        /// What the objects have in common.
        context with_context: GroupingContext;
        /// The objects.
        object_refs with_object_refs: Vec<Id>;
    }
}

object! {
    /// A person, an organisation or a class of them (section 4.5).
    Identity "identity" domain(name: String) {
        /// The name of the identity.
        name with_name: String;
        /// A description in words.
        description with_description: String;
        /// What it does, such as `CEO` or `domain administrators`.
        roles with_roles: Vec<String>;
        /// What kind of entity it is.
        identity_class with_identity_class: IdentityClass;
        /// The sectors of industry that it belongs to.
        sectors with_sectors: Vec<IndustrySector>;
        /// How to reach it.
        contact_information with_contact_information: String;
    }
}

object! {
    /// An incident (section 4.6): a stub, which extensions fill.
    Incident "incident" domain(name: String) {
        /// The name of the incident.
        name with_name: String;
        /// A description in words.
        description with_description: String;
    }
}

object! {
    /// A pattern by which suspicious activity is found (section 4.7).
    ///
    /// ```
    /// use inthreat_stix::{Timestamp, model::Indicator, vocabulary::{IndicatorType, PatternType}};
    ///
    /// let created: Timestamp = "2024-03-01T12:00:00.000Z".parse()?;
    /// let indicator = Indicator::new(
    ///     "indicator--f24eb993-4ece-47ff-90e1-fa3f87de85dc".parse()?,
    ///     created,
    ///     "[domain-name:value = 'example.com']",
    ///     PatternType::Stix,
    ///     created,
    /// )
    /// .with_indicator_types([IndicatorType::MaliciousActivity])
    /// .with_confidence(80);
    /// assert!(indicator.to_json().starts_with(r#"{"type":"indicator","spec_version":"2.1","id":"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Indicator "indicator" domain(pattern: String, pattern_type: PatternType, valid_from: Timestamp) {
        /// The name of the indicator.
        name with_name: String;
        /// A description in words.
        description with_description: String;
        /// What it indicates.
        indicator_types with_indicator_types: Vec<IndicatorType>;
        /// The pattern, in the language that `pattern_type` names.
        pattern with_pattern: String;
        /// The language of the pattern. STIX 2.0 does not have it: there it is always `stix`.
        pattern_type with_pattern_type: PatternType;
        /// The version of that language.
        pattern_version with_pattern_version: String;
        /// From when on the indicator is of use.
        valid_from with_valid_from: Timestamp;
        /// When it is no longer of use; later than `valid_from`.
        valid_until with_valid_until: Timestamp;
        /// The phases of kill chains that it detects.
        kill_chain_phases with_kill_chain_phases: Vec<KillChainPhase>;
    }
}

object! {
    /// Systems and services that serve some purpose, such as a botnet (section 4.8).
    Infrastructure "infrastructure" domain(name: String) {
        /// The name of the infrastructure.
        name with_name: String;
        /// A description in words.
        description with_description: String;
        /// What it is used for.
        infrastructure_types with_infrastructure_types: Vec<InfrastructureType>;
        /// Other names.
        aliases with_aliases: Vec<String>;
        /// The phases of kill chains that it is used in.
        kill_chain_phases with_kill_chain_phases: Vec<KillChainPhase>;
        /// When it was first seen.
        first_seen with_first_seen: Timestamp;
        /// When it was last seen; not before `first_seen`.
        last_seen with_last_seen: Timestamp;
    }
}

object! {
    /// Behaviour and resources that are thought to be of one organisation (section 4.9).
    IntrusionSet "intrusion-set" domain(name: String) {
        /// The name of the intrusion set.
        name with_name: String;
        /// A description in words.
        description with_description: String;
        /// Other names.
        aliases with_aliases: Vec<String>;
        /// When it was first seen.
        first_seen with_first_seen: Timestamp;
        /// When it was last seen; not before `first_seen`.
        last_seen with_last_seen: Timestamp;
        /// What it tries to achieve.
        goals with_goals: Vec<String>;
        /// The level at which it works.
        resource_level with_resource_level: AttackResourceLevel;
        /// The first reason behind it.
        primary_motivation with_primary_motivation: AttackMotivation;
        /// Further reasons.
        secondary_motivations with_secondary_motivations: Vec<AttackMotivation>;
    }
}

object! {
    /// A place (section 4.10): a region, a country, or a latitude with a longitude at least.
    Location "location" domain {
        /// The name of the place.
        name with_name: String;
        /// A description in words.
        description with_description: String;
        /// Degrees north of the equator, from -90 to 90.
        latitude with_latitude: Number;
        /// Degrees east of Greenwich, from -180 to 180.
        longitude with_longitude: Number;
        /// How many metres the coordinates may be off.
        precision with_precision: Number;
        /// The region of the world.
        region with_region: Region;
        /// The country, as ISO 3166-1 alpha-2 names it.
        country with_country: String;
        /// The state, province or other part of a country.
        administrative_area with_administrative_area: String;
        /// The city.
        city with_city: String;
        /// The street address.
        street_address with_street_address: String;
        /// The postal code.
        postal_code with_postal_code: String;
    }
}

impl Location {
    /// A place in this region.
    pub fn in_region(id: Id, created: Timestamp, region: impl Into<Region>) -> Self {
        Self { region: Some(region.into()), ..Self::bare(Common::new(id, created)) }
    }

    /// A place in this country, as ISO 3166-1 alpha-2 names it.
    pub fn in_country(id: Id, created: Timestamp, country: impl Into<String>) -> Self {
        Self { country: Some(country.into()), ..Self::bare(Common::new(id, created)) }
    }

    /// The place at this latitude and longitude, in degrees.
    pub fn at(
        id: Id,
        created: Timestamp,
        latitude: impl Into<Number>,
        longitude: impl Into<Number>,
    ) -> Self {
        let (latitude, longitude) = (Some(latitude.into()), Some(longitude.into()));
        Self { latitude, longitude, ..Self::bare(Common::new(id, created)) }
    }
}

object! {
    /// A malware instance or a family of them (section 4.11).
    Malware "malware" domain {
        /// The name of the malware. A family must have one.
        name with_name: String;
        /// A description in words.
        description with_description: String;
        /// What kind of malware it is.
        malware_types with_malware_types: Vec<MalwareType>;
        /// Whether it is a family and not an instance. STIX 2.0 does not have it.
        is_family with_is_family: bool;
        /// Other names.
        aliases with_aliases: Vec<String>;
        /// The phases of kill chains that it is used in.
        kill_chain_phases with_kill_chain_phases: Vec<KillChainPhase>;
        /// When it was first seen.
        first_seen with_first_seen: Timestamp;
        /// When it was last seen; not before `first_seen`.
        last_seen with_last_seen: Timestamp;
        /// The operating systems that it runs on.
        operating_system_refs with_operating_system_refs: Vec<Id>;
        /// The processors that it runs on.
        architecture_execution_envs with_architecture_execution_envs: Vec<ProcessorArchitecture>;
        /// The languages that it is written in.
        implementation_languages with_implementation_languages: Vec<ImplementationLanguage>;
        /// What it is able to do.
        capabilities with_capabilities: Vec<MalwareCapability>;
        /// Files and artifacts that are samples of it.
        sample_refs with_sample_refs: Vec<Id>;
    }
}

impl Malware {
    /// A single instance of malware.
    pub fn instance(id: Id, created: Timestamp) -> Self {
        Self { is_family: Some(false), ..Self::bare(Common::new(id, created)) }
    }

    /// A family of malware, which must have a name.
    pub fn family(id: Id, created: Timestamp, name: impl Into<String>) -> Self {
        let (is_family, name) = (Some(true), Some(name.into()));
        Self { name, is_family, ..Self::bare(Common::new(id, created)) }
    }
}

object! {
    /// What an analysis of malware found (section 4.12): a result or captured objects at least.
    MalwareAnalysis "malware-analysis" domain {
        /// The product that was used, as the Common Platform Enumeration names it or in lower case.
        product with_product: String;
        /// The version of the product.
        version with_version: String;
        /// The virtual machine that it ran in.
        host_vm_ref with_host_vm_ref: Id;
        /// The operating system that it ran on.
        operating_system_ref with_operating_system_ref: Id;
        /// Further software that was installed there.
        installed_software_refs with_installed_software_refs: Vec<Id>;
        /// The version of the product's configuration.
        configuration_version with_configuration_version: String;
        /// The modules of the product that were used.
        modules with_modules: Vec<String>;
        /// The version of the analysis engine.
        analysis_engine_version with_analysis_engine_version: String;
        /// The version of the analysis definitions.
        analysis_definition_version with_analysis_definition_version: String;
        /// When the malware was first submitted.
        submitted with_submitted: Timestamp;
        /// When the analysis began.
        analysis_started with_analysis_started: Timestamp;
        /// When it ended.
        analysis_ended with_analysis_ended: Timestamp;
        /// The name that the product gave to what it found.
        result_name with_result_name: String;
        /// What it found.
        result with_result: MalwareResult;
        /// The objects that were captured.
        analysis_sco_refs with_analysis_sco_refs: Vec<Id>;
        /// The file, artifact or network traffic that was analysed.
        sample_ref with_sample_ref: Id;
    }
}

impl MalwareAnalysis {
    /// An analysis by this product with a result.
    pub fn of_result(
        id: Id,
        created: Timestamp,
        product: impl Into<String>,
        result: impl Into<MalwareResult>,
    ) -> Self {
        let (product, result) = (Some(product.into()), Some(result.into()));
        Self { product, result, ..Self::bare(Common::new(id, created)) }
    }

    /// An analysis by this product that captured objects.
    pub fn of_captures(
        id: Id,
        created: Timestamp,
        product: impl Into<String>,
        analysis_sco_refs: impl Into<Vec<Id>>,
    ) -> Self {
        let (product, refs) = (Some(product.into()), Some(analysis_sco_refs.into()));
        Self { product, analysis_sco_refs: refs, ..Self::bare(Common::new(id, created)) }
    }
}

object! {
    /// Text that explains other objects (section 4.13).
    Note "note" domain(content: String, object_refs: Vec<Id>) {
        /// A short summary (the property `abstract`, which is a word of Rust).
        summary with_summary "abstract": String;
        /// The text.
        content with_content: String;
        /// Who wrote it.
        authors with_authors: Vec<String>;
        /// The objects that it is about.
        object_refs with_object_refs: Vec<Id>;
    }
}

object! {
    /// What was seen on systems and networks, and when (section 4.14).
    ObservedData "observed-data" domain {
        /// When it was first seen.
        first_observed with_first_observed: Timestamp;
        /// When it was last seen; not before `first_observed`.
        last_observed with_last_observed: Timestamp;
        /// How often it was seen, from 1 to 999,999,999.
        number_observed with_number_observed: u64;
        /// What was seen, by names that hold within this object alone. This is how STIX 2.0 writes it;
        /// deprecated in 2.1. Objects that are no cyber-observables are [`Object::Custom`] here.
        objects with_objects: Dictionary<Object>;
        /// What was seen: cyber-observables and relationships of them.
        object_refs with_object_refs: Vec<Id>;
    }
}

impl ObservedData {
    /// These objects were seen this many times, from the first instant to the second.
    pub fn new(
        id: Id,
        created: Timestamp,
        first_observed: Timestamp,
        last_observed: Timestamp,
        number_observed: u64,
        object_refs: impl Into<Vec<Id>>,
    ) -> Self {
        Self {
            first_observed: Some(first_observed),
            last_observed: Some(last_observed),
            number_observed: Some(number_observed),
            object_refs: Some(object_refs.into()),
            ..Self::bare(Common::new(id, created))
        }
    }
}

object! {
    /// How far someone agrees with other objects (section 4.15).
    Opinion "opinion" domain(opinion: OpinionValue, object_refs: Vec<Id>) {
        /// Why.
        explanation with_explanation: String;
        /// Whose opinion it is.
        authors with_authors: Vec<String>;
        /// The opinion.
        opinion with_opinion: OpinionValue;
        /// The objects that it is about.
        object_refs with_object_refs: Vec<Id>;
    }
}

object! {
    /// Threat intelligence on one subject, as it is published (section 4.16).
    Report "report" domain(name: String, published: Timestamp, object_refs: Vec<Id>) {
        /// The name of the report.
        name with_name: String;
        /// A description in words.
        description with_description: String;
        /// What it is about.
        report_types with_report_types: Vec<ReportType>;
        /// When it was published.
        published with_published: Timestamp;
        /// The objects that it refers to.
        object_refs with_object_refs: Vec<Id>;
    }
}

object! {
    /// Individuals or groups that act with malicious intent (section 4.17).
    ThreatActor "threat-actor" domain(name: String) {
        /// The name of the threat actor.
        name with_name: String;
        /// A description in words.
        description with_description: String;
        /// What kind of threat actor it is.
        threat_actor_types with_threat_actor_types: Vec<ThreatActorType>;
        /// Other names.
        aliases with_aliases: Vec<String>;
        /// When it was first seen.
        first_seen with_first_seen: Timestamp;
        /// When it was last seen; not before `first_seen`.
        last_seen with_last_seen: Timestamp;
        /// What it does.
        roles with_roles: Vec<ThreatActorRole>;
        /// What it tries to achieve.
        goals with_goals: Vec<String>;
        /// The skill that it has.
        sophistication with_sophistication: ThreatActorSophistication;
        /// The level at which it works.
        resource_level with_resource_level: AttackResourceLevel;
        /// The first reason behind it.
        primary_motivation with_primary_motivation: AttackMotivation;
        /// Further reasons.
        secondary_motivations with_secondary_motivations: Vec<AttackMotivation>;
        /// Reasons of its own, apart from those of its organisation.
        personal_motivations with_personal_motivations: Vec<AttackMotivation>;
    }
}

object! {
    /// Legitimate software that attackers use (section 4.18).
    Tool "tool" domain(name: String) {
        /// The name of the tool.
        name with_name: String;
        /// A description in words.
        description with_description: String;
        /// What kind of tool it is.
        tool_types with_tool_types: Vec<ToolType>;
        /// Other names.
        aliases with_aliases: Vec<String>;
        /// The phases of kill chains that it is used in.
        kill_chain_phases with_kill_chain_phases: Vec<KillChainPhase>;
        /// The version of the tool.
        tool_version with_tool_version: String;
    }
}

object! {
    /// A weakness in software or hardware (section 4.19).
    Vulnerability "vulnerability" domain(name: String) {
        /// The name of the vulnerability, often its CVE number.
        name with_name: String;
        /// A description in words.
        description with_description: String;
    }
}
