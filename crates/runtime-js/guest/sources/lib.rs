//! Empty: only the manifest beside it is used, to pin where the QuickJS-NG sources come from.
