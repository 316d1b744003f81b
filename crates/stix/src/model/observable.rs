//! STIX Cyber-observable Objects but those that describe networks (STIX 2.1, section 6).

use super::{Common, Dictionary, Json, object, record};
use crate::{
    Id, Timestamp,
    vocabulary::{AccountType, EncryptionAlgorithm, RegistryDataType},
};

object! {
    /// Bytes, or the address that they can be fetched from (section 6.1).
    Artifact "artifact" observable {
        /// The media type, as IANA names it.
        mime_type with_mime_type: String;
        /// The bytes, in Base64.
        payload_bin with_payload_bin: String;
        /// Where the bytes can be fetched from.
        url with_url: String;
        /// Hashes of the bytes, by their algorithms.
        hashes with_hashes: Dictionary<String>;
        /// How the bytes are encrypted.
        encryption_algorithm with_encryption_algorithm: EncryptionAlgorithm;
        /// The key that decrypts them.
        decryption_key with_decryption_key: String;
    }
}

impl Artifact {
    /// The artifact with these bytes, in Base64.
    pub fn of_payload(payload_bin: impl Into<String>) -> Self {
        Self { payload_bin: Some(payload_bin.into()), ..Self::bare(Common::of_observable()) }
    }

    /// The artifact at this address, with these hashes.
    pub fn at_url(url: impl Into<String>, hashes: Dictionary<String>) -> Self {
        let (url, hashes) = (Some(url.into()), Some(hashes));
        Self { url, hashes, ..Self::bare(Common::of_observable()) }
    }
}

object! {
    /// A directory of a file system (section 6.3).
    Directory "directory" observable(path: String) {
        /// The path.
        path with_path: String;
        /// The character encoding of the path, as IANA names it.
        path_enc with_path_enc: String;
        /// When it was created.
        ctime with_ctime: Timestamp;
        /// When it was last changed.
        mtime with_mtime: Timestamp;
        /// When it was last read.
        atime with_atime: Timestamp;
        /// The files and directories in it.
        contains_refs with_contains_refs: Vec<Id>;
    }
}

object! {
    /// A file (section 6.7): hashes or a name at least.
    File "file" observable {
        /// Hashes of the file, by their algorithms.
        hashes with_hashes: Dictionary<String>;
        /// The size in bytes.
        size with_size: u64;
        /// The name.
        name with_name: String;
        /// The character encoding of the name, as IANA names it.
        name_enc with_name_enc: String;
        /// The first bytes that tell the format, in hexadecimal digits.
        magic_number_hex with_magic_number_hex: String;
        /// The media type, as IANA names it.
        mime_type with_mime_type: String;
        /// When it was created.
        ctime with_ctime: Timestamp;
        /// When it was last changed.
        mtime with_mtime: Timestamp;
        /// When it was last read.
        atime with_atime: Timestamp;
        /// The directory that it is in.
        parent_directory_ref with_parent_directory_ref: Id;
        /// Objects that are found in it.
        contains_refs with_contains_refs: Vec<Id>;
        /// Its content.
        content_ref with_content_ref: Id;
    }
}

impl File {
    /// The file of this name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::bare(Common::of_observable()) }
    }

    /// The file with these hashes.
    pub fn hashed(hashes: Dictionary<String>) -> Self {
        Self { hashes: Some(hashes), ..Self::bare(Common::of_observable()) }
    }
}

object! {
    /// A mutual exclusion object (section 6.11).
    Mutex "mutex" observable(name: String) {
        /// The name.
        name with_name: String;
    }
}

object! {
    /// A running program (section 6.13): one property at least.
    Process "process" observable {
        /// Whether it is hidden.
        is_hidden with_is_hidden: bool;
        /// The number of the process.
        pid with_pid: i64;
        /// When it was started.
        created_time with_created_time: Timestamp;
        /// The directory that it works in.
        cwd with_cwd: String;
        /// The command line.
        command_line with_command_line: String;
        /// The environment variables.
        environment_variables with_environment_variables: Dictionary<String>;
        /// The network connections that it opened.
        opened_connection_refs with_opened_connection_refs: Vec<Id>;
        /// The user who started it.
        creator_user_ref with_creator_user_ref: Id;
        /// The file that it runs.
        image_ref with_image_ref: Id;
        /// The process that started it.
        parent_ref with_parent_ref: Id;
        /// The processes that it started.
        child_refs with_child_refs: Vec<Id>;
    }
}

impl Process {
    /// The process with this number.
    pub fn of_pid(pid: i64) -> Self {
        Self { pid: Some(pid), ..Self::bare(Common::of_observable()) }
    }

    /// The process that was started by this command line.
    pub fn of_command(command_line: impl Into<String>) -> Self {
        Self { command_line: Some(command_line.into()), ..Self::bare(Common::of_observable()) }
    }

    /// The process that runs this file.
    pub fn of_image(image_ref: Id) -> Self {
        Self { image_ref: Some(image_ref), ..Self::bare(Common::of_observable()) }
    }
}

object! {
    /// Software (section 6.14).
    Software "software" observable(name: String) {
        /// The name.
        name with_name: String;
        /// The entry in the Common Platform Enumeration, version 2.3.
        cpe with_cpe: String;
        /// The Software Identification tag.
        swid with_swid: String;
        /// The languages that it supports, as RFC 5646 names them.
        languages with_languages: Vec<String>;
        /// The vendor.
        vendor with_vendor: String;
        /// The version.
        version with_version: String;
    }
}

object! {
    /// An account of a user on some system (section 6.16): one property at least.
    UserAccount "user-account" observable {
        /// The identifier of the account on its system.
        user_id with_user_id: String;
        /// The password in clear text, where it belongs to what is described.
        credential with_credential: String;
        /// What the user types to log in, where it differs from `user_id`.
        account_login with_account_login: String;
        /// What kind of account it is.
        account_type with_account_type: AccountType;
        /// The name that is displayed.
        display_name with_display_name: String;
        /// Whether it belongs to a service and not to a person.
        is_service_account with_is_service_account: bool;
        /// Whether it has more rights than a common user.
        is_privileged with_is_privileged: bool;
        /// Whether it can get more rights.
        can_escalate_privs with_can_escalate_privs: bool;
        /// Whether it is disabled.
        is_disabled with_is_disabled: bool;
        /// When it was created.
        account_created with_account_created: Timestamp;
        /// When it expires.
        account_expires with_account_expires: Timestamp;
        /// When its password was last changed.
        credential_last_changed with_credential_last_changed: Timestamp;
        /// When it was first used.
        account_first_login with_account_first_login: Timestamp;
        /// When it was last used.
        account_last_login with_account_last_login: Timestamp;
    }
}

impl UserAccount {
    /// The account with this identifier on its system.
    pub fn of_user_id(user_id: impl Into<String>) -> Self {
        Self { user_id: Some(user_id.into()), ..Self::bare(Common::of_observable()) }
    }

    /// The account that is logged in to with this name.
    pub fn of_login(account_login: impl Into<String>) -> Self {
        Self { account_login: Some(account_login.into()), ..Self::bare(Common::of_observable()) }
    }
}

object! {
    /// A key of the Windows registry (section 6.17): one property at least.
    WindowsRegistryKey "windows-registry-key" observable(key: String) {
        /// The full name of the key, its hive included and not abbreviated.
        key with_key: String;
        /// The values under the key.
        values with_values: Vec<RegistryValue>;
        /// When it was last changed.
        modified_time with_modified_time: Timestamp;
        /// The user who created it.
        creator_user_ref with_creator_user_ref: Id;
        /// How many keys are under it.
        number_of_subkeys with_number_of_subkeys: u64;
    }
}

record! {
    /// A value of a registry key (section 6.17.2).
    RegistryValue {
        /// The name; empty for the default value.
        name with_name: String;
        /// The data.
        data with_data: String;
        /// The type of the data.
        data_type with_data_type: RegistryDataType;
    }
}

object! {
    /// An X.509 certificate (section 6.18): one property at least.
    X509Certificate "x509-certificate" observable {
        /// Whether it is signed by the entity that it certifies.
        is_self_signed with_is_self_signed: bool;
        /// Hashes of the certificate, by their algorithms.
        hashes with_hashes: Dictionary<String>;
        /// The version of its encoding.
        version with_version: String;
        /// The serial number that its issuer gave it.
        serial_number with_serial_number: String;
        /// The algorithm of its signature.
        signature_algorithm with_signature_algorithm: String;
        /// The authority that issued it.
        issuer with_issuer: String;
        /// From when on it is valid.
        validity_not_before with_validity_not_before: Timestamp;
        /// Until when it is valid.
        validity_not_after with_validity_not_after: Timestamp;
        /// Whom it certifies.
        subject with_subject: String;
        /// The algorithm of the subject's key.
        subject_public_key_algorithm with_subject_public_key_algorithm: String;
        /// The modulus of the subject's RSA key.
        subject_public_key_modulus with_subject_public_key_modulus: String;
        /// The exponent of the subject's RSA key.
        subject_public_key_exponent with_subject_public_key_exponent: i64;
        /// The standard extensions of version 3.
        x509_v3_extensions with_x509_v3_extensions: X509V3Extensions;
    }
}

impl X509Certificate {
    /// The certificate with this serial number of this issuer.
    pub fn issued(issuer: impl Into<String>, serial_number: impl Into<String>) -> Self {
        let (issuer, serial_number) = (Some(issuer.into()), Some(serial_number.into()));
        Self { serial_number, issuer, ..Self::bare(Common::of_observable()) }
    }

    /// The certificate with these hashes.
    pub fn hashed(hashes: Dictionary<String>) -> Self {
        Self { hashes: Some(hashes), ..Self::bare(Common::of_observable()) }
    }
}

record! {
    /// The standard extensions of X.509 certificates of version 3 (section 6.18.2).
    X509V3Extensions {
        /// Whether the certificate is one of an authority.
        basic_constraints with_basic_constraints: String;
        /// Where the names of further certificates of the path must be.
        name_constraints with_name_constraints: String;
        /// Constraints on the validation of paths.
        policy_constraints with_policy_constraints: String;
        /// What the key may be used for.
        key_usage with_key_usage: String;
        /// What else the key may be used for.
        extended_key_usage with_extended_key_usage: String;
        /// How certificates with this public key are found.
        subject_key_identifier with_subject_key_identifier: String;
        /// How the key that signed the certificate is found.
        authority_key_identifier with_authority_key_identifier: String;
        /// Further identities of the subject.
        subject_alternative_name with_subject_alternative_name: String;
        /// Further identities of the issuer.
        issuer_alternative_name with_issuer_alternative_name: String;
        /// Attributes of the subject, such as a nationality.
        subject_directory_attributes with_subject_directory_attributes: String;
        /// Where lists of revoked certificates are found.
        crl_distribution_points with_crl_distribution_points: String;
        /// How many certificates may follow before `anyPolicy` is no longer allowed.
        inhibit_any_policy with_inhibit_any_policy: String;
        /// From when on the private key is valid.
        private_key_usage_period_not_before with_private_key_usage_period_not_before: Timestamp;
        /// Until when the private key is valid.
        private_key_usage_period_not_after with_private_key_usage_period_not_after: Timestamp;
        /// The policies that the certificate follows.
        certificate_policies with_certificate_policies: String;
        /// Pairs of equivalent policies.
        policy_mappings with_policy_mappings: String;
    }
}

object! {
    /// An e-mail address (section 6.5).
    EmailAddr "email-addr" observable(value: String) {
        /// The address, without a display name.
        value with_value: String;
        /// The name that is displayed.
        display_name with_display_name: String;
        /// The account that it belongs to.
        belongs_to_ref with_belongs_to_ref: Id;
    }
}

object! {
    /// An e-mail message (section 6.6).
    EmailMessage "email-message" observable(is_multipart: bool) {
        /// Whether the body has several MIME parts.
        is_multipart with_is_multipart: bool;
        /// When it was sent.
        date with_date: Timestamp;
        /// The header `Content-Type`.
        content_type with_content_type: String;
        /// The header `From`.
        from_ref with_from_ref: Id;
        /// The header `Sender`.
        sender_ref with_sender_ref: Id;
        /// The header `To`.
        to_refs with_to_refs: Vec<Id>;
        /// The header `CC`.
        cc_refs with_cc_refs: Vec<Id>;
        /// The header `BCC`.
        bcc_refs with_bcc_refs: Vec<Id>;
        /// The header `Message-ID`.
        message_id with_message_id: String;
        /// The subject.
        subject with_subject: String;
        /// The headers `Received`, in their order.
        received_lines with_received_lines: Vec<String>;
        /// Other headers: a string or a list of strings by their names.
        additional_header_fields with_additional_header_fields: Dictionary<Json>;
        /// The body, where `is_multipart` is false.
        body with_body: String;
        /// The parts of the body, where `is_multipart` is true.
        body_multipart with_body_multipart: Vec<MimePart>;
        /// The bytes of the whole message.
        raw_email_ref with_raw_email_ref: Id;
    }
}

record! {
    /// A part of the body of an e-mail message (section 6.6.2): a body or a reference to one at least.
    MimePart() {
        /// The text of the part.
        body with_body: String;
        /// The artifact or file that holds what is no text.
        body_raw_ref with_body_raw_ref: Id;
        /// The header `Content-Type`.
        content_type with_content_type: String;
        /// The header `Content-Disposition`.
        content_disposition with_content_disposition: String;
    }
}

impl MimePart {
    /// A part of this text.
    pub fn of_text(body: impl Into<String>) -> Self {
        Self { body: Some(body.into()), ..Self::empty() }
    }

    /// A part that this artifact or file holds.
    pub fn of_object(body_raw_ref: Id) -> Self {
        Self { body_raw_ref: Some(body_raw_ref), ..Self::empty() }
    }
}
