/** Changes the headers of requests and answers as the configuration says. */
@NullMarked
package io.bifocal.dataplane.http.filter.headermutation;

import org.jspecify.annotations.NullMarked;
