package dev.millrace.internal.remote;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RemotePathTest {
    @ParameterizedTest
    @CsvSource({
        "s3://bucket/a/b.log, s3, bucket, /a/b.log",
        "S3A://bucket, s3a, bucket, /",
        "file:/tmp/with space/100%, file, '', /tmp/with space/100%",
        "file:///tmp/a, file, '', /tmp/a",
        "/tmp/a:b, file, '', /tmp/a:b",
        "C:/data, file, '', C:/data",
        "hdfs://name:9000/x, hdfs, name:9000, /x"
    })
    void shouldTakeApart(final String text, final String scheme, final String authority, final String path) {
        assertThat(RemotePath.parse(text)).isEqualTo(new RemotePath(scheme, authority, path));
    }
}
