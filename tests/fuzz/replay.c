// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* Gives a fuzz target the inputs of a corpus, without a fuzzer: replay FILE... - each line that is no comment is an input in hex. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	size_t inputs = 0;

	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "r");
		char *line = NULL;
		size_t room = 0;
		ssize_t length;

		if (file == NULL) {
			perror(argv[i]);
			return 1;
		}
		for (int number = 1; (length = getline(&line, &room, file)) > 0; number++) {
			if (line[0] == '#')
				continue;
			if (line[length - 1] == '\n')
				length--;
			/* Exactly as large as the input, so that a byte beyond is seen. */
			uint8_t *data = malloc((size_t)length / 2 + (length < 2));
			for (ssize_t at = 0; at + 1 < length; at += 2) {
				unsigned int byte;
				if (data == NULL || sscanf(line + at, "%2x", &byte) != 1) {
					fprintf(stderr, "%s:%d: not in hex\n", argv[i], number);
					return 1;
				}
				data[at / 2] = (uint8_t)byte;
			}
			fprintf(stderr, "%s:%d\r", argv[i], number);
			LLVMFuzzerTestOneInput(data, (size_t)length / 2);
			free(data);
			inputs++;
		}
		free(line);
		fclose(file);
	}
	fprintf(stderr, "\n%zu inputs\n", inputs);
	return inputs == 0;
}
