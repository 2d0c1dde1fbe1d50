import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../parts/icon.tsx';
import { urlOf } from '../server.ts';
import type { MessageFile } from '../wire.ts';


const previewLines = 6;

/** A snippet shows its first lines, a picture itself, anything else its name. The content is fetched, never made HTML. */
export function FileCard({ file }: { file: MessageFile }) {
  const url = urlOf(`/sandbox/files/${encodeURIComponent(file.id)}`);
  const title = file.title || file.name;
  if (isPicture(file)) {
    return (
      <figure class="file-picture">
        <figcaption>{title}</figcaption>
        <a href={url} target="_blank" rel="noopener"><img src={url} alt={title} loading="lazy" /></a>
      </figure>
    );
  }
  return (
    <div class="file">
      <p class="file-head">
        <Icon name="file" size={16} />
        <strong>{title}</strong>
        <span>{sizeOf(file.size)}</span>
        <a href={url} target="_blank" rel="noopener">Open</a>
      </p>
      {isText(file) && <Snippet url={url} title={title} />}
    </div>
  );
}

function Snippet({ url, title }: { url: string; title: string }) {
  const [text, setText] = useState<string | undefined>();
  const [isWhole, setWhole] = useState(false);
  useEffect(() => {
    let isGone = false;
    fetch(url)
      .then((response) => (response.ok ? response.text() : 'The file could not be read.'))
      .catch(() => 'The file could not be read.')
      .then((content) => isGone || setText(content.slice(0, 200_000)));
    return () => void (isGone = true);
  }, [url]);
  if (text === undefined) return <pre class="snippet" />;
  const lines = text.replace(/\n$/, '').split('\n');
  const more = lines.length - previewLines;
  return (
    <>
      <pre class="snippet" tabIndex={0} aria-label={title}>{(isWhole ? lines : lines.slice(0, previewLines)).join('\n')}</pre>
      {more > 0 && <button type="button" class="link-button snippet-more" onClick={() => setWhole(!isWhole)}>{isWhole ? 'Show less' : `Show ${more} more ${more === 1 ? 'line' : 'lines'}`}</button>}
    </>
  );
}

function isPicture(file: MessageFile): boolean {
  return file.mimetype?.startsWith('image/') ?? /\.(png|jpe?g|gif|svg|webp)$/i.test(file.name);
}

function isText(file: MessageFile): boolean {
  return file.mimetype === undefined ? /\.(txt|log|md|json|ya?ml|csv|diff)$/i.test(file.name) : /^text\/|json|yaml/.test(file.mimetype);
}

function sizeOf(bytes: number | undefined): string {
  if (bytes === undefined) return '';
  return bytes < 1024 ? `${bytes} B` : bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} kB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
