//! The extensions of cyber-observables that the specification predefines (STIX 2.1, section 6).

use super::{Dictionary, Extension, Json, Number, record};
use crate::{
    Id, Timestamp,
    vocabulary::{
        AddressFamily, IntegrityLevel, PeBinaryType, ServiceStartType, ServiceStatus, ServiceType,
        SocketType,
    },
};

/// Declares which records are extensions, and under which names.
macro_rules! extensions {
    ($($record:ident $key:literal;)*) => {
        $(impl Extension for $record {
            const KEY: &'static str = $key;
        })*
    };
}

extensions! {
    ArchiveExtension "archive-ext";
    NtfsExtension "ntfs-ext";
    PdfExtension "pdf-ext";
    RasterImageExtension "raster-image-ext";
    PeBinaryExtension "windows-pebinary-ext";
    HttpRequestExtension "http-request-ext";
    IcmpExtension "icmp-ext";
    SocketExtension "socket-ext";
    TcpExtension "tcp-ext";
    WindowsProcessExtension "windows-process-ext";
    WindowsServiceExtension "windows-service-ext";
    UnixAccountExtension "unix-account-ext";
}

record! {
    /// An archive, as an extension of a file (section 6.7.2).
    ArchiveExtension(contains_refs: Vec<Id>) {
        /// The files in it.
        contains_refs with_contains_refs: Vec<Id>;
        /// The comment in it.
        comment with_comment: String;
    }
}

record! {
    /// What the NTFS file system knows of a file (section 6.7.3): one property at least.
    NtfsExtension {
        /// The security identifier.
        sid with_sid: String;
        /// The alternate data streams.
        alternate_data_streams with_alternate_data_streams: Vec<AlternateDataStream>;
    }
}

record! {
    /// An alternate data stream of NTFS (section 6.7.3.2).
    AlternateDataStream(name: String) {
        /// The name.
        name with_name: String;
        /// Hashes of the data, by their algorithms.
        hashes with_hashes: Dictionary<String>;
        /// The size in bytes.
        size with_size: u64;
    }
}

record! {
    /// A PDF document, as an extension of a file (section 6.7.4): one property at least.
    PdfExtension {
        /// The version of the format.
        version with_version: String;
        /// Whether it was optimised.
        is_optimized with_is_optimized: bool;
        /// The document information dictionary.
        document_info_dict with_document_info_dict: Dictionary<String>;
        /// The first identifier.
        pdfid0 with_pdfid0: String;
        /// The second identifier.
        pdfid1 with_pdfid1: String;
    }
}

record! {
    /// A raster image, as an extension of a file (section 6.7.5): one property at least.
    RasterImageExtension {
        /// The height in pixels.
        image_height with_image_height: u64;
        /// The width in pixels.
        image_width with_image_width: u64;
        /// How many bits a pixel takes.
        bits_per_pixel with_bits_per_pixel: u64;
        /// The EXIF tags: strings and integers by their names.
        exif_tags with_exif_tags: Dictionary<Json>;
    }
}

record! {
    /// A portable executable of Windows, as an extension of a file (section 6.7.6).
    PeBinaryExtension(pe_type: PeBinaryType) {
        /// What kind of binary it is.
        pe_type with_pe_type: PeBinaryType;
        /// The hash of its imports.
        imphash with_imphash: String;
        /// The type of machine, in hexadecimal digits.
        machine_hex with_machine_hex: String;
        /// How many sections it has.
        number_of_sections with_number_of_sections: u64;
        /// When it was made.
        time_date_stamp with_time_date_stamp: Timestamp;
        /// Where the symbol table is, in hexadecimal digits.
        pointer_to_symbol_table_hex with_pointer_to_symbol_table_hex: String;
        /// How many entries the symbol table has.
        number_of_symbols with_number_of_symbols: u64;
        /// The size of the optional header in bytes.
        size_of_optional_header with_size_of_optional_header: u64;
        /// The flags of the file, in hexadecimal digits.
        characteristics_hex with_characteristics_hex: String;
        /// Hashes of the file header, by their algorithms.
        file_header_hashes with_file_header_hashes: Dictionary<String>;
        /// The optional header.
        optional_header with_optional_header: PeOptionalHeader;
        /// The sections.
        sections with_sections: Vec<PeSection>;
    }
}

record! {
    /// The optional header of a portable executable (section 6.7.6.3): one property at least. What ends in
    /// `_hex` is written in hexadecimal digits.
    PeOptionalHeader {
        /// The type of the binary.
        magic_hex with_magic_hex: String;
        /// The major version of the linker.
        major_linker_version with_major_linker_version: i64;
        /// The minor version of the linker.
        minor_linker_version with_minor_linker_version: i64;
        /// The size of the code, in bytes.
        size_of_code with_size_of_code: u64;
        /// The size of the initialised data, in bytes.
        size_of_initialized_data with_size_of_initialized_data: u64;
        /// The size of the data that is not initialised, in bytes.
        size_of_uninitialized_data with_size_of_uninitialized_data: u64;
        /// Where the program begins, from the image base.
        address_of_entry_point with_address_of_entry_point: i64;
        /// Where the code begins, from the image base.
        base_of_code with_base_of_code: i64;
        /// Where the data begins, from the image base.
        base_of_data with_base_of_data: i64;
        /// The address that the image is best loaded at.
        image_base with_image_base: u64;
        /// The alignment of sections in memory, in bytes.
        section_alignment with_section_alignment: i64;
        /// The alignment of sections in the file, in bytes.
        file_alignment with_file_alignment: i64;
        /// The major version of the operating system that it needs.
        major_os_version with_major_os_version: i64;
        /// The minor version of the operating system that it needs.
        minor_os_version with_minor_os_version: i64;
        /// The major version of the image.
        major_image_version with_major_image_version: i64;
        /// The minor version of the image.
        minor_image_version with_minor_image_version: i64;
        /// The major version of the subsystem.
        major_subsystem_version with_major_subsystem_version: i64;
        /// The minor version of the subsystem.
        minor_subsystem_version with_minor_subsystem_version: i64;
        /// Reserved.
        win32_version_value_hex with_win32_version_value_hex: String;
        /// The size of the image in memory, in bytes.
        size_of_image with_size_of_image: u64;
        /// The size of all headers, in bytes.
        size_of_headers with_size_of_headers: u64;
        /// The checksum.
        checksum_hex with_checksum_hex: String;
        /// The subsystem that it needs.
        subsystem_hex with_subsystem_hex: String;
        /// The flags of the binary.
        dll_characteristics_hex with_dll_characteristics_hex: String;
        /// The size of the stack to reserve, in bytes.
        size_of_stack_reserve with_size_of_stack_reserve: u64;
        /// The size of the stack to commit, in bytes.
        size_of_stack_commit with_size_of_stack_commit: u64;
        /// The size of the heap to reserve, in bytes.
        size_of_heap_reserve with_size_of_heap_reserve: u64;
        /// The size of the heap to commit, in bytes.
        size_of_heap_commit with_size_of_heap_commit: u64;
        /// Reserved.
        loader_flags_hex with_loader_flags_hex: String;
        /// How many data directories follow.
        number_of_rva_and_sizes with_number_of_rva_and_sizes: u64;
        /// Hashes of the optional header, by their algorithms.
        hashes with_hashes: Dictionary<String>;
    }
}

record! {
    /// A section of a portable executable (section 6.7.6.4).
    PeSection(name: String) {
        /// The name.
        name with_name: String;
        /// The size in bytes.
        size with_size: u64;
        /// The Shannon entropy.
        entropy with_entropy: Number;
        /// Hashes of the section, by their algorithms.
        hashes with_hashes: Dictionary<String>;
    }
}

record! {
    /// An HTTP request, as an extension of network traffic (section 6.12.2).
    HttpRequestExtension(request_method: String, request_value: String) {
        /// The method, in lower case.
        request_method with_request_method: String;
        /// The path and query.
        request_value with_request_value: String;
        /// The version, such as `http/1.1`.
        request_version with_request_version: String;
        /// The headers: a list of strings by their names, in STIX 2.0 a string.
        request_header with_request_header: Dictionary<Json>;
        /// The length of the body in bytes.
        message_body_length with_message_body_length: u64;
        /// The body.
        message_body_data_ref with_message_body_data_ref: Id;
    }
}

record! {
    /// An ICMP message, as an extension of network traffic (section 6.12.3).
    IcmpExtension(icmp_type_hex: String, icmp_code_hex: String) {
        /// The type, in hexadecimal digits.
        icmp_type_hex with_icmp_type_hex: String;
        /// The code, in hexadecimal digits.
        icmp_code_hex with_icmp_code_hex: String;
    }
}

record! {
    /// A network socket, as an extension of network traffic (section 6.12.4).
    SocketExtension(address_family: AddressFamily) {
        /// The address family.
        address_family with_address_family: AddressFamily;
        /// Whether it is in blocking mode.
        is_blocking with_is_blocking: bool;
        /// Whether it is in listening mode.
        is_listening with_is_listening: bool;
        /// The options: integers by their names, such as `SO_KEEPALIVE`.
        options with_options: Dictionary<i64>;
        /// The type.
        socket_type with_socket_type: SocketType;
        /// The descriptor.
        socket_descriptor with_socket_descriptor: u64;
        /// The handle or inode.
        socket_handle with_socket_handle: i64;
    }
}

record! {
    /// TCP flags, as an extension of network traffic (section 6.12.5): one property at least.
    TcpExtension {
        /// The flags that the source sent, all together, in hexadecimal digits.
        src_flags_hex with_src_flags_hex: String;
        /// The flags that the destination sent, all together, in hexadecimal digits.
        dst_flags_hex with_dst_flags_hex: String;
    }
}

record! {
    /// What Windows knows of a process (section 6.13.2): one property at least.
    WindowsProcessExtension {
        /// Whether address space layout randomisation is on.
        aslr_enabled with_aslr_enabled: bool;
        /// Whether data execution prevention is on.
        dep_enabled with_dep_enabled: bool;
        /// The priority class, as Windows names it.
        priority with_priority: String;
        /// The security identifier of the owner.
        owner_sid with_owner_sid: String;
        /// The title of the main window.
        window_title with_window_title: String;
        /// The `STARTUPINFO` structure.
        startup_info with_startup_info: Dictionary<Json>;
        /// The integrity level.
        integrity_level with_integrity_level: IntegrityLevel;
    }
}

record! {
    /// A Windows service, as an extension of a process (section 6.13.3): one property at least.
    WindowsServiceExtension {
        /// The name of the service.
        service_name with_service_name: String;
        /// The descriptions.
        descriptions with_descriptions: Vec<String>;
        /// The name that is displayed.
        display_name with_display_name: String;
        /// The load ordering group.
        group_name with_group_name: String;
        /// How it is started.
        start_type with_start_type: ServiceStartType;
        /// The libraries that it loads.
        service_dll_refs with_service_dll_refs: Vec<Id>;
        /// What kind of service it is.
        service_type with_service_type: ServiceType;
        /// The state that it is in.
        service_status with_service_status: ServiceStatus;
    }
}

record! {
    /// What UNIX knows of an account (section 6.16.2): one property at least.
    UnixAccountExtension {
        /// The number of the primary group.
        gid with_gid: i64;
        /// The names of the groups.
        groups with_groups: Vec<String>;
        /// The home directory.
        home_dir with_home_dir: String;
        /// The shell.
        shell with_shell: String;
    }
}
