package io.bifocal.dataplane.http.filter.cors;

import io.bifocal.dataplane.stats.Counter;

/** {@code http.<stat_prefix>.cors.*}: origins that policies allow, and others. */
record CorsStats(Counter valid, Counter invalid) {}
