package dev.millrace.metadata;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/** The JSON forms of table and database descriptors. Members are written in the order in which servers write them. */
final class DescriptorJson {
    private static final String VERSION = "version";
    private static final int CURRENT_VERSION = 1;
    private static final String SCHEMA = "schema";
    private static final String COMMENT = "comment";
    private static final String PARTITION_KEY = "partition_key";
    private static final String BUCKET_KEY = "bucket_key";
    private static final String BUCKET_COUNT = "bucket_count";
    private static final String PROPERTIES = "properties";
    private static final String CUSTOM_PROPERTIES = "custom_properties";

    private DescriptorJson() {}

    static byte[] writeTable(final TableDescriptor table) {
        final ObjectNode tree = JsonText.newObject();
        tree.put(VERSION, CURRENT_VERSION);
        SchemaJson.putSchema(tree.putObject(SCHEMA), table.schema());
        table.comment().ifPresent(comment -> tree.put(COMMENT, comment));
        putTexts(tree.putArray(PARTITION_KEY), table.partitionKeys());
        table.distribution().ifPresent(distribution -> {
            putTexts(tree.putArray(BUCKET_KEY), distribution.bucketKeys());
            if (distribution.bucketCount() != null) {
                tree.put(BUCKET_COUNT, distribution.bucketCount());
            }
        });
        putTextMap(tree.putObject(PROPERTIES), table.properties());
        putTextMap(tree.putObject(CUSTOM_PROPERTIES), table.customProperties());
        return JsonText.write(tree);
    }

    static TableDescriptor readTable(final byte[] json) {
        return JsonText.read(json, "table descriptor", DescriptorJson::table);
    }

    private static TableDescriptor table(final JsonAt at) {
        final TableDescriptor.Builder builder = TableDescriptor.builder()
                .schema(SchemaJson.schema(at.required(SCHEMA)))
                .comment(at.optionalText(COMMENT))
                .partitionedBy(at.required(PARTITION_KEY).texts())
                .properties(at.required(PROPERTIES).textMap())
                .customProperties(at.required(CUSTOM_PROPERTIES).textMap());
        final JsonAt bucketCount = at.optional(BUCKET_COUNT);
        if (bucketCount != null) {
            builder.distributedBy(bucketCount.integer(), at.required(BUCKET_KEY).texts());
        } else {
            final JsonAt bucketKey = at.optional(BUCKET_KEY);
            if (bucketKey != null) {
                builder.distributedBy(bucketKey.texts());
            }
        }
        return builder.build();
    }

    static byte[] writeDatabase(final DatabaseDescriptor database) {
        final ObjectNode tree = JsonText.newObject();
        tree.put(VERSION, CURRENT_VERSION);
        database.comment().ifPresent(comment -> tree.put(COMMENT, comment));
        putTextMap(tree.putObject(CUSTOM_PROPERTIES), database.customProperties());
        return JsonText.write(tree);
    }

    static DatabaseDescriptor readDatabase(final byte[] json) {
        return JsonText.read(
                json,
                "database descriptor",
                at -> DatabaseDescriptor.builder()
                        .comment(at.optionalText(COMMENT))
                        .customProperties(at.required(CUSTOM_PROPERTIES).textMap())
                        .build());
    }

    private static void putTexts(final ArrayNode list, final List<String> texts) {
        texts.forEach(list::add);
    }

    private static void putTextMap(final ObjectNode object, final Map<String, String> map) {
        map.forEach(object::put);
    }
}
