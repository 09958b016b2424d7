package dev.millrace.lookup;

import dev.millrace.internal.rpc.Api;

/** What is asked of a server. Requests are of one kind each. */
enum LookupKind {
    /** The row of a whole key. */
    LOOKUP(Api.LOOKUP),
    /** The row of a whole key, which is inserted if there is none. */
    LOOKUP_OR_INSERT(Api.LOOKUP),
    /** All rows whose keys begin so. */
    PREFIX(Api.PREFIX_LOOKUP);

    private final Api api;

    LookupKind(final Api api) {
        this.api = api;
    }

    Api api() {
        return api;
    }
}
